import type { ReactNode } from 'react';
import type { Child, Lock } from '@hatchery/events';
import { actionHindrance } from '../acting/hindrance.ts';
import { breakStep, signalStep } from '../acting/plan.ts';
import { Findings } from '../locks/findings.tsx';
import { partyText } from '../locks/party-text.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ActionDialog, type Choice } from './action-dialog.tsx';

/**
 * Frees a lock. A holder that lives goes on writing when its lock is broken under it, so then the advised way is to end
 * it first. `target` and `holder` are as they were when the dialog opened.
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
  const ofKill = useCell(live.clock, hindrance('KILL', 'admin'));
  const breaking: Choice = {
    label: dead ? 'Break lock' : 'Break under the holder',
    hindrance: ofBreak,
    plan: (reason) => [breakStep(target, !dead, reason)],
  };
  const choices: Choice[] = [];
  if (holder !== null) {
    choices.push({
      label: 'Kill the holder, then break',
      hindrance: ofKill,
      plan: (reason) => [signalStep(holder, 'KILL', reason), breakStep(target, false, reason)],
    });
  } else if (target.condition === 'held' || script) {
    // A process of this host that is no child of ours; without force the fork service ends it before it breaks.
    choices.push({
      label: 'End the holder, then break',
      hindrance: ofBreak,
      plan: (reason) => [breakStep(target, false, reason)],
    });
  }
  // A script's lock is the kernel's, which cannot be taken from under its holder.
  if (!script || dead) choices.push(breaking);
  return (
    <ActionDialog
      title={`Break the lock of ${target.name}`}
      facts={<LockFacts lock={target} living={!script && (holder !== null || target.condition === 'held')} />}
      typed={target.name}
      choices={choices}
      close={close}
    />
  );
}

function LockFacts({ lock, living }: { readonly lock: Lock; readonly living: boolean }): ReactNode {
  const { live } = usePageStore();
  const now = useCell(live.locks).find(({ id, nonce }) => id === lock.id && nonce === lock.nonce);
  const { holder } = lock;
  return (
    <>
      <Facts
        facts={[
          ['Kind', lock.kind],
          ['Condition', lock.condition],
          ['Holder', partyText(holder)],
          ['Host', holder?.host ?? unknown],
          ['Held for', holder?.since ? <Age key="age" since={holder.since} /> : unknown],
          ['Waiting', lock.waiters.length === 0 ? 'nobody' : lock.waiters.map(partyText).join(', ')],
        ]}
        wide={[
          ['Path', <code key="path">{lock.path}</code>],
          ['Left behind?', <Findings key="findings" lock={lock} />],
        ]}
      />
      {living && (
        <p className="hindrance">
          The holder is alive. It is not told when its lock is broken and goes on writing, which can damage the
          repository. End it first.
        </p>
      )}
      {now === undefined && <p className="hindrance">This lock has been released or taken anew meanwhile.</p>}
    </>
  );
}
