import { useEffect, useRef, useState, type ReactNode, type SyntheticEvent } from 'react';
import type { Child } from '@hatchery/events';
import { postSignal, type SignalName, type SignalOutcome } from '../acting/post-signal.ts';
import { actionHindrance } from '../acting/hindrance.ts';
import { Age } from '../parts/age.tsx';
import { ending } from '../parts/ending.ts';
import { bytes, percent, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** Asks for a signal and a reason, sends them, and stays until the child is seen to end. */
export function SignalDialog(): ReactNode {
  const { signalling, live } = usePageStore();
  const id = useCell(signalling);
  // The child as it was looked at: the request names this very process, whatever happens meanwhile.
  const child = id === null ? undefined : live.row(id)?.get().child;
  const [target, setTarget] = useState<Child | null>(null);
  if (id !== (target?.id ?? null) && (id === null || child !== undefined)) setTarget(child ?? null);
  return target === null ? null : <OpenDialog key={target.id} target={target} close={() => signalling.set(null)} />;
}

function OpenDialog({ target, close }: { readonly target: Child; readonly close: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [outcome, setOutcome] = useState<SignalOutcome | 'sending' | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="signal-heading" onClose={close}>
      <h2 id="signal-heading">Send a signal to pid {target.pid}</h2>
      <TargetFacts target={target} />
      {outcome === null || outcome === 'sending' || !outcome.sent ? (
        <SignalForm target={target} outcome={outcome} report={setOutcome} cancel={() => dialog.current?.close()} />
      ) : (
        <Watching target={target} done={() => dialog.current?.close()} />
      )}
    </dialog>
  );
}

function TargetFacts({ target }: { readonly target: Child }): ReactNode {
  return (
    <dl>
      <div>
        <dt>User</dt>
        <dd>{target.user ?? unknown}</dd>
      </div>
      <div>
        <dt>Peer</dt>
        <dd>{target.peer ?? unknown}</dd>
      </div>
      <div>
        <dt>Age</dt>
        <dd>
          <Age since={target.startedAt} />
        </dd>
      </div>
      <div>
        <dt>CPU, private</dt>
        <dd>
          {percent(target.usage?.cpuPercent)}, {bytes(target.usage?.privateBytes)}
        </dd>
      </div>
      <div className="wide">
        <dt>Command</dt>
        <dd>
          <code>{target.command}</code>
        </dd>
      </div>
    </dl>
  );
}

interface SignalFormProps {
  readonly target: Child;
  readonly outcome: SignalOutcome | 'sending' | null;
  readonly report: (outcome: SignalOutcome | 'sending') => void;
  readonly cancel: () => void;
}

function SignalForm({ target, outcome, report, cancel }: SignalFormProps): ReactNode {
  const { live } = usePageStore();
  const [signal, setSignal] = useState<SignalName>('TERM');
  const [reason, setReason] = useState('');
  const state = useCell(live.live);
  const hindrance = useCell(live.clock, (at) => actionHindrance(state, signal, at));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    report('sending');
    void postSignal(target, signal, reason).then(report);
  };
  const blocked = hindrance !== null || outcome === 'sending' || reason.trim() === '';
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>Signal</legend>
        <SignalChoice
          name="TERM"
          chosen={signal}
          choose={setSignal}
          effect="ends the session; a push under way is lost and may leave its branch locked"
        />
        <SignalChoice
          name="KILL"
          chosen={signal}
          choose={setSignal}
          effect="the same, for a process that ignores TERM"
        />
      </fieldset>
      <label>
        Reason, for the audit log
        <input value={reason} maxLength={500} autoComplete="off" onChange={(event) => setReason(event.target.value)} />
      </label>
      {hindrance !== null && <p className="hindrance">{hindrance}</p>}
      {outcome !== null && outcome !== 'sending' && !outcome.sent && (
        <p className="failure" role="alert">
          {outcome.message}
        </p>
      )}
      <div className="buttons">
        <button type="button" autoFocus onClick={cancel}>
          Cancel
        </button>
        <button type="submit" className="danger" disabled={blocked}>
          {outcome === 'sending' ? 'Sending…' : `Send ${signal}`}
        </button>
      </div>
    </form>
  );
}

interface SignalChoiceProps {
  readonly name: SignalName;
  readonly chosen: SignalName;
  readonly choose: (name: SignalName) => void;
  readonly effect: string;
}

function SignalChoice({ name, chosen, choose, effect }: SignalChoiceProps): ReactNode {
  return (
    <label className="choice">
      <input type="radio" name="signal" value={name} checked={chosen === name} onChange={() => choose(name)} />
      <span>
        <strong>{name}</strong> <span className="effect">{effect}</span>
      </span>
    </label>
  );
}

/** Sent is not done: only the feed says that the child is gone. */
function Watching({ target, done }: { readonly target: Child; readonly done: () => void }): ReactNode {
  const { live } = usePageStore();
  const ended = useCell(live.ended).find((child) => child.id === target.id);
  return (
    <div>
      <p role="status">
        {ended === undefined
          ? 'Sent. Waiting until the child is seen to end…'
          : `The child has ended: ${ending(ended.exit)}.`}
      </p>
      <div className="buttons">
        <button type="button" onClick={done}>
          Close
        </button>
      </div>
    </div>
  );
}
