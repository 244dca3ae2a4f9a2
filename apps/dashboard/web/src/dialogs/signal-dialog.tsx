import { useState, type ReactNode } from 'react';
import type { Child } from '@hatchery/events';
import { actionHindrance } from '../acting/hindrance.ts';
import { signalStep, type SignalName } from '../acting/plan.ts';
import { Age } from '../parts/age.tsx';
import { Facts } from '../parts/facts.tsx';
import { bytes, percent, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ActionDialog } from './action-dialog.tsx';

/** Ends a session, by TERM or by KILL. `target` is the child as it was when the dialog opened. */
export function SignalDialog({
  target,
  close,
}: {
  readonly target: Child;
  readonly close: () => void;
}): ReactNode {
  const { live } = usePageStore();
  const [signal, setSignal] = useState<SignalName>('TERM');
  const state = useCell(live.live);
  const least = signal === 'KILL' ? 'admin' : 'operator';
  const hindrance = useCell(live.clock, (at) => actionHindrance(state, signal, least, at));
  return (
    <ActionDialog
      title={`Send a signal to pid ${target.pid}`}
      facts={<TargetFacts target={target} />}
      fields={<SignalFields chosen={signal} choose={setSignal} />}
      typed={signal === 'KILL' ? String(target.pid) : null}
      choices={[
        {
          label: `Send ${signal}`,
          hindrance,
          plan: (reason) => [signalStep(target, signal, reason)],
        },
      ]}
      close={close}
    />
  );
}

function TargetFacts({ target }: { readonly target: Child }): ReactNode {
  const { live } = usePageStore();
  const host = useCell(live.live, (state) => state.server?.host ?? unknown);
  const locks = useCell(live.locks);
  const holds = locks.filter(({ holder }) => holder?.childId === target.id);
  const waiting = holds.flatMap(({ waiters }) => waiters);
  return (
    <Facts
      facts={[
        ['User', target.user ?? unknown],
        ['Peer', target.peer ?? unknown],
        ['Host', host],
        ['Age', <Age key="age" since={target.startedAt} />],
        [
          'CPU, private',
          `${percent(target.usage?.cpuPercent)}, ${bytes(target.usage?.privateBytes)}`,
        ],
        [
          'Waiting for it',
          waiting.length === 0 ? 'nobody' : waiting.map(({ user }) => user ?? unknown).join(', '),
        ],
      ]}
      wide={[
        ['Holds', holds.length === 0 ? 'no lock' : holds.map(({ name }) => name).join(', ')],
        ['Command', <code key="command">{target.command}</code>],
      ]}
    />
  );
}

function SignalFields({
  chosen,
  choose,
}: {
  readonly chosen: SignalName;
  readonly choose: (name: SignalName) => void;
}): ReactNode {
  return (
    <fieldset>
      <legend>Signal</legend>
      {(Object.keys(effects) as SignalName[]).map((name) => (
        <label key={name} className="choice">
          <input
            type="radio"
            name="signal"
            value={name}
            checked={chosen === name}
            onChange={() => choose(name)}
          />
          <span>
            <strong>{name}</strong> <span className="effect">{effects[name]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

const effects: Readonly<Record<SignalName, string>> = {
  TERM: 'ends the session; a push under way is lost and may leave its branch locked',
  KILL: 'the same, for a process that ignores TERM',
};
