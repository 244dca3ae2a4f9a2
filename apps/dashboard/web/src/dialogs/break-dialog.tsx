import type { ReactNode } from 'react';
import type { Child, Lock } from '@hatchery/events';
import { actionHindrance } from '../acting/hindrance.ts';
import { breakStep } from '../acting/plan.ts';
import { Findings } from '../locks/findings.tsx';
import { partyText, waitingText } from '../locks/party-text.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ActionDialog, type Choice } from './action-dialog.tsx';

/**
 * Frees a lock. A live holder keeps writing after its lock was broken, so the advised way is then
 * to end it first. `target` and `holder` are as they were when the dialog opened.
 */
export function BreakDialog({
  target,
  holder,
  close,
}: {
  readonly target: Lock;
  readonly holder: Child | null;
  readonly close: () => void;
}): ReactNode {
  const { live } = usePageStore();
  const state = useCell(live.live);
  const script = target.kind === 'script';
  const dead = target.condition === 'stale' || target.condition === 'orphaned';
  const hindrance = (what: string, least: 'operator' | 'admin') => (at: number) =>
    actionHindrance(state, what, least, at);
  const ofBreak = useCell(live.clock, hindrance('Breaking this lock', dead ? 'operator' : 'admin'));
  const breaking: Choice = {
    label: dead ? 'Break lock' : 'Break under the holder',
    hindrance: ofBreak,
    plan: (reason) => [breakStep(target, !dead, reason)],
  };
  const choices: Choice[] = [];
  if (holder !== null || target.condition === 'held' || script) {
    // Without force, the fork service ends the holder (TERM, then KILL after a grace) before it
    // breaks the lock.
    choices.push({
      label: 'End the holder, then break',
      hindrance: ofBreak,
      plan: (reason) => [
        {
          ...breakStep(target, false, reason),
          name: `End the holder of ${target.name}, and break`,
        },
      ],
    });
  }
  // A script's lock is a kernel lock, which cannot be taken from its holder.
  if (!script || dead) choices.push(breaking);
  return (
    <ActionDialog
      title={`Break the lock of ${target.name}`}
      facts={<LockFacts lock={target} />}
      warnings={
        <Warnings
          lock={target}
          living={!script && (holder !== null || target.condition === 'held')}
          holder={holder}
        />
      }
      typed={target.name}
      choices={choices}
      close={close}
    />
  );
}

function LockFacts({ lock }: { readonly lock: Lock }): ReactNode {
  const { holder } = lock;
  return (
    <Facts
      facts={[
        ['Kind', lock.kind],
        ['Condition', lock.condition],
        ['Holder', partyText(holder)],
        ['Host', holder?.host ?? unknown],
        ['Held for', holder?.since ? <Age key="age" since={holder.since} /> : unknown],
        ['Waiting', waitingText(lock.waiters)],
      ]}
      wide={[
        ['Path', <code key="path">{lock.path}</code>],
        ...(holder?.command
          ? [['Command', <code key="command">{holder.command}</code>] as const]
          : []),
        ['Left behind?', <Findings key="findings" lock={lock} />],
      ]}
    />
  );
}

interface WarningsProps {
  readonly lock: Lock;
  readonly living: boolean;
  readonly holder: Child | null;
}

function Warnings({ lock, living, holder }: WarningsProps): ReactNode {
  const { live, acting } = usePageStore();
  const role = useCell(live.live, (state) => state.server?.role ?? null);
  const now = useCell(live.locks).find(({ id, nonce }) => id === lock.id && nonce === lock.nonce);
  return (
    <>
      {living && (
        <p className="hindrance">
          The holder is alive. It does not notice that its lock was broken and keeps writing, which
          can damage the repository. End it first: it gets TERM, and KILL if it does not end.
        </p>
      )}
      {living && role === 'operator' && holder !== null && (
        <p className="hindrance">
          As an operator you may end its session yourself:{' '}
          <button type="button" onClick={() => acting.set({ verb: 'signal', childId: holder.id })}>
            Signal…
          </button>{' '}
          sends TERM, and you may break a lock that it leaves behind.
        </p>
      )}
      {now === undefined && (
        <p className="hindrance">This lock has been released or taken again since.</p>
      )}
    </>
  );
}
