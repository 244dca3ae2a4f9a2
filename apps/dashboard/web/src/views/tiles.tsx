import type { ReactNode } from 'react';
import type { ZygoteView } from '@hatchery/events';
import { bytes, count, percent } from '../parts/quantity.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { usePageStore } from '../store/page-store.ts';
import { failedCount } from '../store/totals.ts';
import { useCell } from '../store/use-cell.ts';

/** The sums, at a glance. */
export function Tiles(): ReactNode {
  const { live } = usePageStore();
  const totals = useCell(live.totals);
  const history = useCell(live.history);
  const ended = useCell(live.ended);
  const zygote = useCell(live.service).zygote;
  const failed = failedCount(ended);
  const known = useCell(live.live, (state) => state.data !== null);
  return (
    <ul className="tiles" aria-label="Totals">
      <Tile
        name="Sessions"
        value={known ? count(totals.sessions) : '…'}
        values={history.map((each) => each.sessions)}
        top={4}
      />
      <Tile
        name="CPU"
        value={known ? percent(totals.cpuPercent) : '…'}
        values={history.map((each) => each.cpuPercent)}
        top={100}
        note="of one core"
      />
      <Tile
        name="Private memory"
        value={known ? bytes(totals.privateBytes) : '…'}
        values={history.map((each) => each.privateBytes)}
        top={1}
      />
      <Tile
        name="Zygote"
        value={known ? zygote.state : '…'}
        note={zygoteNote(zygote)}
        alarm={zygote.state === 'failed'}
      />
      <Tile
        name="Ended"
        value={known ? count(ended.length) : '…'}
        note={failed === 0 ? 'none failed' : `${failed} failed`}
      />
    </ul>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly alarm?: boolean;
  readonly values?: readonly number[];
  readonly top?: number;
}

function Tile({ name, value, note, alarm = false, values, top = 1 }: TileProps): ReactNode {
  return (
    <li className="tile" data-alarm={alarm}>
      <span className="tile-name">{name}</span>
      <span className="tile-value">{value}</span>
      {note !== undefined && <span className="tile-note">{note}</span>}
      {values !== undefined && <Sparkline values={values} top={top} />}
    </li>
  );
}

function zygoteNote(zygote: ZygoteView): string {
  if (zygote.state === 'ready') return `pid ${zygote.pid}`;
  return zygote.state === 'failed' ? `at ${zygote.step}` : 'loading Breezy';
}
