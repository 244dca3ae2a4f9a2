import type { ReactNode } from 'react';
import { isKnown } from '../live/truth.ts';
import { duration, length } from '../parts/duration.ts';
import { bytes, count, percent, unknown } from '../parts/quantity.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { usePageStore } from '../store/page-store.ts';
import { failedCount, type PastTotals } from '../store/totals.ts';
import { useCell } from '../store/use-cell.ts';

/** The sums, at a glance. */
export function Tiles(): ReactNode {
  const { live } = usePageStore();
  const totals = useCell(live.totals);
  const history = useCell(live.history);
  const ended = useCell(live.ended);
  const stuck = useCell(live.live, (state) => state.stuck.length);
  const known = useCell(live.live, isKnown);
  const start = useCell(live.start);
  if (!known) return <UnknownTiles />;
  const failed = failedCount(ended);
  const trend = (of: (totals: PastTotals) => number | null): readonly number[] =>
    history.map(of).filter((each) => each !== null);
  const { sessions, blocked, locks, staleLocks, cpuPercent, privateBytes } = totals;
  return (
    <ul className="tiles" aria-label="Totals">
      <Tile
        name="Sessions"
        value={count(sessions)}
        values={trend((each) => each.sessions)}
        top={4}
        note={
          failed === 0 ? `${ended.length} ended lately` : `${ended.length} ended, ${failed} failed`
        }
      />
      <Tile
        name="Blocked"
        value={count(blocked)}
        values={trend((each) => each.blocked)}
        top={4}
        note={stuck === 0 ? 'none stuck' : `${stuck} stuck`}
        alarm={stuck > 0}
      />
      <OldestLock
        note={staleLocks === 0 ? `${locks} held` : `${locks} held, ${staleLocks} left behind`}
        alarm={staleLocks > 0}
        values={trend((each) => each.oldestLockMs)}
      />
      <Tile
        name="CPU"
        value={percent(cpuPercent)}
        values={trend((each) => each.cpuPercent)}
        top={100}
        note="of one core"
      />
      <Tile
        name="Private memory"
        value={bytes(privateBytes)}
        values={trend((each) => each.privateBytes)}
        note="not shared"
      />
      <Tile
        name="Start, p95"
        value={start === null ? unknown : length(start.ms)}
        note={
          start === null
            ? 'no session yet'
            : `of ${count(start.of)} ${start.of === 1 ? 'session' : 'sessions'}`
        }
        values={trend((each) => each.startMs)}
        top={1}
      />
    </ul>
  );
}

/** No data has arrived yet, which is not the same as zero. */
function UnknownTiles(): ReactNode {
  return (
    <ul className="tiles" aria-label="Totals" data-known="false">
      {['Sessions', 'Blocked', 'Oldest lock', 'CPU', 'Private memory', 'Start, p95'].map((name) => (
        <Tile key={name} name={name} value={unknown} note="not known yet" values={[]} />
      ))}
    </ul>
  );
}

function OldestLock({
  note,
  alarm,
  values,
}: Required<Pick<TileProps, 'note' | 'alarm' | 'values'>>): ReactNode {
  const { live } = usePageStore();
  const since = useCell(live.totals, (totals) => totals.oldestLock);
  const age = useCell(live.serverNow, (now) =>
    since === null ? unknown : duration(now - Date.parse(since)),
  );
  return (
    <Tile name="Oldest lock" value={age} note={note} alarm={alarm} values={values} top={60_000} />
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly alarm?: boolean;
  readonly values: readonly number[];
  readonly top?: number;
}

function Tile({ name, value, note, alarm = false, values, top }: TileProps): ReactNode {
  return (
    <li className="tile" data-alarm={alarm}>
      <span className="tile-name">{name}</span>
      <span className="tile-value">{value}</span>
      <span className="tile-note">{note}</span>
      <Sparkline values={values} {...(top === undefined ? {} : { top })} />
    </li>
  );
}
