import type { ReactNode } from 'react';
import type { Check } from '@hatchery/events';
import { truthOf } from '../live/truth.ts';
import { duration } from '../parts/duration.ts';
import { Moment } from '../parts/moment.tsx';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { useAsked } from './use-asked.ts';

const signs = { well: '✓', warning: '!', failed: '✗' } as const;

/** Everything that this page can see of the service's health, worst first, and how to repair it. */
export function DoctorPage(): ReactNode {
  const { answer, failure, loading, again } = useAsked<readonly Check[]>('/api/doctor', 10_000);
  return (
    <section aria-labelledby="doctor-heading" aria-busy={loading}>
      <div className="section-head">
        <h2 id="doctor-heading">Doctor</h2>
        <button type="button" onClick={again}>
          Look again
        </button>
      </div>
      {failure !== null && (
        <p className="failure" role="alert">
          {failure}
        </p>
      )}
      <ul className="checks" aria-label="Checks">
        {[...(answer ?? []), ...useOwnChecks()].map(({ name, verdict, found, remedy }) => (
          <li key={name} data-verdict={verdict}>
            <span className="sign">
              <span aria-hidden="true">{signs[verdict]}</span>
              <span className="unseen">{verdict}</span>
            </span>
            <strong>{name}</strong>
            <span className="found">{withMoments(found)}</span>
            {remedy !== null && <span className="remedy">{remedy}</span>}
          </li>
        ))}
      </ul>
      <p className="quiet below">
        <code>./hatchery doctor</code> on the host checks what a start needs: ports, keys, Python,
        Breezy and its preloads.
      </p>
    </section>
  );
}

/** The sentence, with its instants in this computer's time zone. */
function withMoments(sentence: string): readonly ReactNode[] {
  return sentence
    .split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/)
    .map((part, index) => (index % 2 === 0 ? part : <Moment key={index} at={Date.parse(part)} />));
}

/** Findings that only this browser can have. */
function useOwnChecks(): readonly Check[] {
  const { live } = usePageStore();
  const state = useCell(live.live);
  const word = useCell(live.clock, (at) => truthOf(state, at).word);
  const skewMs = Math.abs(state.clockOffsetMs ?? 0);
  return [
    {
      name: 'This page’s stream',
      verdict: word === 'live' ? 'well' : word === 'stale' ? 'failed' : 'warning',
      found: word,
      remedy:
        word === 'live'
          ? null
          : 'The page retries by itself. Look at the network between here and the host.',
    },
    {
      name: 'Clocks',
      verdict: skewMs < 30_000 ? 'well' : 'warning',
      found: `this computer is ${skewMs < 1_000 ? 'in step with the server' : `${duration(skewMs)} off the server`}`,
      remedy:
        skewMs < 30_000
          ? null
          : 'Ages here go by the server’s clock and are right; set the clock of this computer.',
    },
  ];
}
