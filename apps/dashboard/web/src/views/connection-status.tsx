import type { ReactNode } from 'react';
import { isKnown, truthOf, type Truth } from '../live/truth.ts';
import { duration, shortDuration, stopwatch } from '../parts/duration.ts';
import type { Pause } from '../store/live-store.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

/** If the clocks differ by this much, this computer's instants mislead. */
const skewToldMs = 5_000;

/**
 * What the page may claim about its data. The visible text changes twice a second, too often for a
 * screen reader; so the page announces only the change from one state to another.
 */
export function ConnectionStatus(): ReactNode {
  const { live } = usePageStore();
  const at = useCell(live.clock);
  const state = live.live.get();
  const pause = useCell(live.paused);
  const draining = useCell(live.service, (service) => service.draining);
  const drainedBy = useCell(live.service, (service) => service.drainedBy);
  const { sessions } = useCell(live.totals);
  const known = useCell(live.live, isKnown);
  // Rounded to seconds, so that a slightly better measurement repaints nothing.
  const skewMs = useCell(
    live.live,
    ({ clockOffsetMs }) => Math.round((clockOffsetMs ?? 0) / 1_000) * 1_000,
  );
  const readOnly = useCell(live.live, (state) => state.readOnly !== null);
  const truth = truthOf(state, at);
  const word = pause !== null && truth.word === 'live' ? 'paused' : truth.word;
  return (
    <>
      <p
        className="connection"
        role="status"
        aria-label="Connection"
        aria-live="off"
        data-word={word}
      >
        <span className="lamp" aria-hidden="true" />
        {pause !== null && truth.word === 'live'
          ? pausedText(pause, at + (state.clockOffsetMs ?? 0))
          : textOf(truth)}
        {draining && known && (
          <span className="draining">
            DRAINING{drainedBy === null ? '' : ` by ${drainedBy}`}, {sessions} left
          </span>
        )}
        {readOnly && (
          <span className="draining" title="No branch can be changed. Needs attention says why.">
            READ-ONLY
          </span>
        )}
        {Math.abs(skewMs) >= skewToldMs && (
          <span className="skew" title="All ages here use the server’s clock.">
            this clock is {duration(Math.abs(skewMs))} {skewMs > 0 ? 'behind' : 'ahead'}
          </span>
        )}
      </p>
      <p className="unseen" aria-live="polite">
        {lost.includes(word) ? '' : announcements[word]}
      </p>
      {lost.includes(word) && (
        <p className="unseen" role="alert">
          {announcements[word]}
        </p>
      )}
    </>
  );
}

/** Worth interrupting a screen reader: the data on screen is no longer to be trusted. */
const lost: readonly (Truth['word'] | 'paused')[] = ['stale', 'signed out', 'refused'];

const announcements: Readonly<Record<Truth['word'] | 'paused', string>> = {
  connecting: 'Connecting',
  live: 'Live',
  paused: 'Paused',
  'signed out': 'Signed out, actions are off',
  refused: 'The live stream is blocked; actions are off',
  reconnecting: 'Connection lost, reconnecting, actions are off',
  stale: 'The data is stale, actions are off',
};

function textOf(truth: Truth): string {
  switch (truth.word) {
    case 'connecting':
      return 'CONNECTING';
    case 'live':
      return `LIVE ${shortDuration(truth.ageMs)} old`;
    case 'signed out':
      return 'SIGNED OUT, RECONNECTING, actions off';
    case 'refused':
      return 'NO LIVE STREAM, actions off';
    case 'reconnecting':
      return 'RECONNECTING, actions off';
    case 'stale':
      return `STALE ${shortDuration(truth.ageMs)}, actions off`;
  }
}

function pausedText({ at, changes }: Pause, now: number): string {
  return `PAUSED ${stopwatch(now - at)}, ${changes} ${changes === 1 ? 'change' : 'changes'}`;
}
