import { useEffect, useRef, useState, type ReactNode, type SyntheticEvent } from 'react';
import { runPlan, type Progress } from '../acting/run-plan.ts';
import type { Step } from '../acting/plan.ts';
import { usePageStore } from '../store/page-store.ts';
import { ProgressList } from './progress-list.tsx';

/** One thing the dialog can do. The first one is the advised one. */
export interface Choice {
  readonly label: string;
  /** Why it cannot be done, or null. */
  readonly hindrance: string | null;
  readonly plan: (reason: string) => readonly Step[];
}

interface ActionDialogProps {
  readonly title: string;
  readonly facts: ReactNode;
  /** What to know before it starts. Once it has started, the progress is shown instead. */
  readonly warnings?: ReactNode;
  /** Fields for this action only, above the reason. */
  readonly fields?: ReactNode;
  /** What the user has to type before an irreversible action, or null. */
  readonly typed: string | null;
  readonly choices: readonly Choice[];
  readonly close: () => void;
}

/** Shows the target, asks for a reason, acts, and stays open until the feed confirms the action. */
export function ActionDialog({
  title,
  facts,
  warnings,
  fields,
  typed,
  choices,
  close,
}: ActionDialogProps): ReactNode {
  const { live } = usePageStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const running = useRef(new AbortController());
  const [started, setStarted] = useState<{
    plan: readonly Step[];
    progress: readonly Progress[];
  } | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // A dialog focuses its first field by default; the harmless button is a better place to start.
    dialog.current?.querySelector<HTMLElement>('[data-harmless]')?.focus();
  }, []);
  const start = (plan: readonly Step[]): void => {
    running.current = new AbortController();
    const report = (progress: readonly Progress[]): void => setStarted({ plan, progress });
    void runPlan(plan, { live: live.live, report, signal: running.current.signal });
  };
  const leave = (): void => {
    running.current.abort();
    close();
  };
  const failed = started?.progress.find(({ at }) => at === 'failed');
  return (
    <dialog ref={dialog} aria-labelledby="action-heading" onClose={leave}>
      <h2 id="action-heading">{title}</h2>
      {facts}
      {started !== null && <ProgressList plan={started.plan} progress={started.progress} />}
      {started === null || failed !== undefined ? (
        <ActionForm
          warnings={warnings}
          fields={fields}
          typed={typed}
          choices={choices}
          start={start}
          cancel={() => dialog.current?.close()}
        />
      ) : (
        <div className="buttons">
          <button type="button" autoFocus onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      )}
    </dialog>
  );
}

interface ActionFormProps {
  readonly warnings: ReactNode;
  readonly fields: ReactNode;
  readonly typed: string | null;
  readonly choices: readonly Choice[];
  readonly start: (plan: readonly Step[]) => void;
  readonly cancel: () => void;
}

function ActionForm({
  warnings,
  fields,
  typed,
  choices,
  start,
  cancel,
}: ActionFormProps): ReactNode {
  const [reason, setReason] = useState('');
  const [name, setName] = useState('');
  const [first, ...others] = choices;
  const ready = reason.trim() !== '' && (typed === null || name.trim() === typed);
  const take = (choice: Choice | undefined): void => {
    if (ready && choice !== undefined && choice.hindrance === null)
      start(choice.plan(reason.trim()));
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    take(first);
  };
  const hindrances = new Set(choices.flatMap(({ hindrance }) => hindrance ?? []));
  return (
    <form onSubmit={submit}>
      {warnings}
      {fields}
      <label>
        Reason, for the audit log
        <input
          value={reason}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      {typed !== null && (
        <label>
          <span>
            Type <code>{typed}</code> to confirm
          </span>
          <input
            value={name}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
      )}
      {[...hindrances].map((hindrance) => (
        <p key={hindrance} className="hindrance">
          {hindrance}
        </p>
      ))}
      <div className="buttons">
        <button type="button" data-harmless onClick={cancel}>
          Cancel
        </button>
        {others.toReversed().map((choice) => (
          <button
            key={choice.label}
            type="button"
            disabled={!ready || choice.hindrance !== null}
            onClick={() => take(choice)}
          >
            {choice.label}
          </button>
        ))}
        {first !== undefined && (
          <button
            type="submit"
            className="danger advised"
            disabled={!ready || first.hindrance !== null}
          >
            {first.label}
          </button>
        )}
      </div>
    </form>
  );
}
