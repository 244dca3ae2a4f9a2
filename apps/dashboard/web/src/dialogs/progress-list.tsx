import type { ReactNode } from 'react';
import type { Step } from '../acting/plan.ts';
import type { Progress } from '../acting/run-plan.ts';

const stages = ['intent', 'sent', 'observed'] as const;
const words = { intent: 'Intent', sent: 'Sent', observed: 'Observed' } as const;

/**
 * The steps, each going from Intent over Sent to Observed. A refusal is an alert, progress is a
 * status.
 */
export function ProgressList({
  plan,
  progress,
}: {
  readonly plan: readonly Step[];
  readonly progress: readonly Progress[];
}): ReactNode {
  return (
    <ol className="progress">
      {plan.map((step, index) => {
        const { at, ...rest } = progress[index] ?? { at: 'waiting' };
        const note = 'note' in rest ? rest.note : null;
        return (
          <li key={step.name} data-at={at}>
            <strong>{step.name}</strong>
            <span className="stages">
              {stages.map((stage) => (
                <span key={stage} data-reached={reached(at, stage)}>
                  <span aria-hidden="true">{reached(at, stage) ? '✓' : '·'}</span> {words[stage]}
                  <span className="unseen">{reached(at, stage) ? ': yes' : ': not yet'}</span>
                </span>
              ))}
            </span>
            <p
              role={at === 'failed' ? 'alert' : 'status'}
              className={at === 'failed' ? 'failure' : undefined}
            >
              {note ?? waitingWords[at] ?? ''}
            </p>
          </li>
        );
      })}
    </ol>
  );
}

const waitingWords: Readonly<Partial<Record<Progress['at'], string>>> = {
  intent: 'On its way…',
  sent: 'Sent. Waiting until the feed confirms it…',
};

function reached(at: Progress['at'], stage: (typeof stages)[number]): boolean {
  if (at === 'needless') return stage === 'observed';
  return at === 'failed'
    ? stage === 'intent'
    : stages.indexOf(stage) <= stages.indexOf(at as 'intent');
}
