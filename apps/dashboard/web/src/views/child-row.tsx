import { memo, useSyncExternalStore, type MouseEvent, type ReactNode } from 'react';
import { visitChild } from '../address/current-address.ts';
import { Age } from '../parts/age.tsx';
import { bytes, count, percent, unknown } from '../parts/quantity.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { usePageStore } from '../store/page-store.ts';

const nothingToHear = (): (() => void) => () => undefined;

/** One child; repaints when that child changes and at no other time. */
export const ChildRow = memo(function ChildRow({ id }: { readonly id: string }): ReactNode {
  const { live, signalling } = usePageStore();
  const cell = live.row(id);
  const row = useSyncExternalStore(cell?.subscribe ?? nothingToHear, () => cell?.get());
  if (row === undefined) return null;
  const { child, trend } = row;
  const { usage } = child;
  return (
    <tr role="row">
      <td role="cell" data-name="State">
        <span className="state" data-state={child.state}>
          {child.state}
        </span>
      </td>
      <td role="cell" data-name="PID" className="number" id={`pid-${id}`}>
        <ChildLink id={id}>{child.pid}</ChildLink>
      </td>
      <td role="cell" data-name="User" className="user" title={child.user ?? undefined}>
        {child.user ?? unknown}
      </td>
      <td role="cell" data-name="Command" className="command" title={child.command}>
        {child.command}
      </td>
      <td role="cell" data-name="Age" className="number">
        <Age since={child.startedAt} />
      </td>
      <td role="cell" data-name="CPU" className="number cpu">
        <Sparkline values={trend?.cpu ?? []} top={100} />
        <span>{percent(usage?.cpuPercent)}</span>
      </td>
      <td role="cell" data-name="Private" className="number">
        {bytes(usage?.privateBytes)}
      </td>
      <td role="cell" data-name="RSS" className="number">
        {bytes(usage?.rssBytes)}
      </td>
      <td role="cell" data-name="Faults/s" className="number">
        {count(trend?.faultsPerS)}
      </td>
      <td role="cell" data-name="I/O/s" className="number">
        {bytes(trend?.ioBytesPerS)}
      </td>
      <td role="cell" data-name="Peer" className="peer" title={child.peer ?? undefined}>
        {child.peer ?? unknown}
      </td>
      <td role="cell" className="action">
        <button type="button" aria-describedby={`pid-${id}`} onClick={() => signalling.set(id)}>
          Signal…
        </button>
      </td>
    </tr>
  );
});

/** A link that opens the details in place, and in another tab when asked to as usual. */
export function ChildLink({ id, children }: { readonly id: string; readonly children: ReactNode }): ReactNode {
  const open = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    visitChild(id);
  };
  return (
    <a href={`/children/${encodeURIComponent(id)}`} onClick={open}>
      {children}
    </a>
  );
}
