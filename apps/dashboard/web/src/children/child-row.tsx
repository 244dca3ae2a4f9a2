import { memo, useSyncExternalStore, type ReactNode } from 'react';
import { ActionButton } from '../acting/action-button.tsx';
import { Age } from '../parts/age.tsx';
import { Link } from '../parts/link.tsx';
import { bytes, count, percent, unknown } from '../parts/quantity.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import type { Row } from '../store/live-store.ts';
import { usePageStore } from '../store/page-store.ts';

const nothingToHear = (): (() => void) => () => undefined;

interface ChildRowProps {
  readonly id: string;
  /** Its position in the whole table, from 0. */
  readonly index: number;
  readonly marked: boolean;
  /** Measures its height where rows differ in height. */
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
}

/** One child at its position. Positions shift when a child ends; that does not redraw the cells. */
export const ChildRow = memo(function ChildRow({
  id,
  index,
  marked,
  measure,
}: ChildRowProps): ReactNode {
  return (
    <tr role="row" ref={measure} data-index={index} aria-rowindex={index + 2} data-marked={marked}>
      <ChildCells id={id} />
    </tr>
  );
});

/** Repaints only when that child changes. */
const ChildCells = memo(function ChildCells({ id }: { readonly id: string }): ReactNode {
  const { live } = usePageStore();
  const cell = live.row(id);
  const row = useSyncExternalStore(cell?.subscribe ?? nothingToHear, () => cell?.get());
  if (row === undefined) return null;
  const { child, trend, branch } = row;
  const { usage } = child;
  return (
    <>
      <td role="cell" data-name="State">
        <State row={row} />
      </td>
      <td role="cell" data-name="PID" className="number">
        <Link to={{ childId: id }} id={`pid-${id}`}>
          {child.pid}
        </Link>
      </td>
      <td role="cell" data-name="User" className="user" title={child.user ?? undefined}>
        {child.user ?? unknown}
      </td>
      <td role="cell" data-name="Branch or command" className="command" title={child.command}>
        {branch ?? child.command}
      </td>
      <td role="cell" data-name="Age" className="number">
        <Age since={child.startedAt} />
      </td>
      <td role="cell" data-name="CPU" className="number trend">
        <Sparkline values={trend?.cpu.values() ?? []} top={100} />
        <span>{percent(usage?.cpuPercent)}</span>
      </td>
      <td role="cell" data-name="Private" className="number trend">
        <Sparkline values={trend?.memory.values() ?? []} />
        <span>{bytes(usage?.privateBytes)}</span>
      </td>
      <td role="cell" data-name="Faults/s" className="number">
        {count(trend?.faultsPerS)}
      </td>
      <td role="cell" data-name="I/O/s" className="number">
        {bytes(trend?.ioBytesPerS)}
      </td>
      <td role="cell" data-name="Locks" className="number">
        <Locks row={row} />
      </td>
      <td role="cell" className="action">
        <ActionButton acting={{ verb: 'signal', childId: id }} describedBy={`pid-${id}`}>
          Signal…
        </ActionButton>
      </td>
    </>
  );
});

/** The state an operator most wants to see: stuck and blocked come before the process state. */
function State({ row: { child, awaits, stuckSince } }: { readonly row: Row }): ReactNode {
  const state = stuckSince !== null ? 'stuck' : awaits > 0 ? 'blocked' : child.state;
  return (
    <span className="state" data-state={state}>
      {state}
    </span>
  );
}

function Locks({ row: { holds, awaits } }: { readonly row: Row }): ReactNode {
  if (holds === 0 && awaits === 0) return <span className="quiet">{unknown}</span>;
  return [...(holds > 0 ? [`${holds} held`] : []), ...(awaits > 0 ? ['waits'] : [])].join(', ');
}
