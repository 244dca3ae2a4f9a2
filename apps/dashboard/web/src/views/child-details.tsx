import { useSyncExternalStore, type ReactNode } from 'react';
import type { Child } from '@hatchery/events';
import { address, visitChild } from '../address/current-address.ts';
import { shortDuration } from '../parts/duration.ts';
import { ending } from '../parts/ending.ts';
import { bytes, count, percent, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

const nothingToHear = (): (() => void) => () => undefined;

/** Everything known of the child in the address. The link outlives the child for as long as it is remembered. */
export function ChildDetails(): ReactNode {
  const { childId } = useCell(address);
  return childId === null ? null : <Details id={childId} />;
}

function Details({ id }: { readonly id: string }): ReactNode {
  const { live } = usePageStore();
  // The list tells when the child appears or goes, its own row everything in between.
  useCell(live.listing);
  const cell = live.row(id);
  const row = useSyncExternalStore(cell?.subscribe ?? nothingToHear, () => cell?.get());
  const ended = useCell(live.ended).find((child) => child.id === id);
  const child = row?.child ?? ended;
  return (
    <section className="details" aria-labelledby="details-heading">
      <div className="section-head">
        <h2 id="details-heading">{child === undefined ? 'Unknown child' : `Child ${child.pid}`}</h2>
        <button type="button" onClick={() => visitChild(null)}>
          Close
        </button>
      </div>
      {child === undefined ? (
        <p className="empty">Nothing is known (any more) of the child {id}.</p>
      ) : (
        <dl>
          {facts(child).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function facts(child: Child): readonly (readonly [string, string])[] {
  const { usage, rusage } = child;
  return [
    ['State', child.endedAt === null ? child.state : `ended, ${ending(child.exit)}`],
    ['User', child.user ?? unknown],
    ['Peer', child.peer ?? unknown],
    ['Command', child.command],
    ['Id', child.id],
    ['Started', child.startedAt],
    ['Connected', child.connectedAt ?? unknown],
    ['Ended', child.endedAt ?? unknown],
    ...(rusage === null ? usageFacts(usage) : rusageFacts(rusage)),
  ];
}

function usageFacts(usage: Child['usage']): readonly (readonly [string, string])[] {
  return [
    ['CPU', percent(usage?.cpuPercent)],
    ['Private, Pss, RSS', [usage?.privateBytes, usage?.pssBytes, usage?.rssBytes].map(bytes).join(', ')],
    ['Read, written', [usage?.readBytes, usage?.writeBytes].map(bytes).join(', ')],
    ['Faults minor, major', [usage?.minorFaults, usage?.majorFaults].map(count).join(', ')],
  ];
}

function rusageFacts(rusage: NonNullable<Child['rusage']>): readonly (readonly [string, string])[] {
  return [
    ['CPU user, system', [rusage.userMs, rusage.systemMs].map(shortDuration).join(', ')],
    ['Max RSS, shared pages too', bytes(rusage.maxRssBytes)],
    ['Blocks in, out', [rusage.inBlocks, rusage.outBlocks].map(count).join(', ')],
    ['Faults minor, major', [rusage.minorFaults, rusage.majorFaults].map(count).join(', ')],
    ['Switches voluntary, not', [rusage.voluntarySwitches, rusage.involuntarySwitches].map(count).join(', ')],
  ];
}
