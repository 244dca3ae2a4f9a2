import { useSyncExternalStore, type ReactNode } from 'react';
import type { Child, PastChild, PastRow } from '@hatchery/events';
import { ActionButton } from '../acting/action-button.tsx';
import { numberIn, textIn } from '../past/told.ts';
import { useAsked } from '../past/use-asked.ts';
import { length } from '../parts/duration.ts';
import { ending, limitMark } from '../parts/ending.ts';
import { Facts } from '../parts/facts.tsx';
import { Link } from '../parts/link.tsx';
import { Moment } from '../parts/moment.tsx';
import { bytes, count, percent, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildLog } from './child-log.tsx';
import { DrawerFrame } from './drawer-frame.tsx';
import { GatewayFacts } from './gateway-facts.tsx';
import { UsageCharts } from './usage-charts.tsx';

/** How often the history of a living child is read again. */
const againMs = 5_000;

const nothingToHear = (): (() => void) => () => undefined;

/**
 * Everything known of one child: from the stream while it lives, then from the history as far back
 * as it reaches.
 */
export function ChildDrawer({ id }: { readonly id: string }): ReactNode {
  const { live } = usePageStore();
  // The list shows when the child appears or goes; its own row shows everything in between.
  useCell(live.listing);
  const cell = live.row(id);
  const row = useSyncExternalStore(cell?.subscribe ?? nothingToHear, () => cell?.get());
  const ended = useCell(live.ended).find((child) => child.id === id);
  const child = row?.child ?? ended;
  const { answer, failure, loading } = useAsked<PastChild>(
    `/api/children/${encodeURIComponent(id)}`,
    row === undefined ? null : againMs,
  );
  const pid = child?.pid ?? answer?.session?.['pid'];
  const title = pid ? `Child ${pid}` : loading ? 'Looking…' : 'Unknown child';
  const actions = row !== undefined && (
    <ActionButton acting={{ verb: 'signal', childId: id }}>Signal…</ActionButton>
  );
  return (
    <DrawerFrame title={title} actions={actions}>
      {child !== undefined ? (
        <LiveFacts child={child} />
      ) : answer?.session ? (
        <PastFacts session={answer.session} />
      ) : (
        !loading && <p className="empty">Nothing is known (any more) of the child {id}.</p>
      )}
      {child !== undefined && child.endedAt === null && <OwnLocks id={id} />}
      {failure !== null && <p className="failure">{failure}</p>}
      {answer !== null && <GatewayFacts session={answer.session} />}
      {(row !== undefined || answer !== null) && (
        <>
          <h3>Usage</h3>
          <UsageCharts past={answer?.usage ?? []} trend={row?.trend} />
        </>
      )}
      {child !== undefined && <ChildLog id={id} everyMs={row === undefined ? null : againMs} />}
      {answer !== null && <Past told={answer} />}
    </DrawerFrame>
  );
}

function LiveFacts({ child }: { readonly child: Child }): ReactNode {
  const { usage, rusage } = child;
  return (
    <Facts
      facts={[
        [
          'State',
          child.endedAt === null
            ? child.state
            : `ended, ${ending(child.exit)}${child.limit ? `, ${limitMark(child.limit)}` : ''}`,
        ],
        ['User', child.user ?? unknown],
        ['Peer', child.peer ?? unknown],
        ['Started', <Moment key="at" at={Date.parse(child.startedAt)} />],
        ['Connected', <Moment key="at" at={instant(child.connectedAt)} />],
        ['Ended', <Moment key="at" at={instant(child.endedAt)} />],
        ...(rusage === null ? usageFacts(usage) : rusageFacts(rusage)),
      ]}
      wide={[
        ['Command', <code key="command">{child.command}</code>],
        ['Id', child.id],
      ]}
    />
  );
}

function usageFacts(usage: Child['usage']): readonly (readonly [string, string])[] {
  return [
    ['CPU', percent(usage?.cpuPercent)],
    [
      'Private, Pss, RSS',
      [usage?.privateBytes, usage?.pssBytes, usage?.rssBytes].map(bytes).join(', '),
    ],
    ['Read, written', [usage?.readBytes, usage?.writeBytes].map(bytes).join(', ')],
    ['Faults minor, major', [usage?.minorFaults, usage?.majorFaults].map(count).join(', ')],
  ];
}

function rusageFacts(rusage: NonNullable<Child['rusage']>): readonly (readonly [string, string])[] {
  return [
    ['CPU user, system', [rusage.userMs, rusage.systemMs].map(length).join(', ')],
    ['Max RSS, shared pages too', bytes(rusage.maxRssBytes)],
    ['Blocks in, out', [rusage.inBlocks, rusage.outBlocks].map(count).join(', ')],
    ['Faults minor, major', [rusage.minorFaults, rusage.majorFaults].map(count).join(', ')],
    [
      'Switches voluntary, not',
      [rusage.voluntarySwitches, rusage.involuntarySwitches].map(count).join(', '),
    ],
  ];
}

function PastFacts({ session }: { readonly session: PastRow }): ReactNode {
  const end =
    session['exit_signal'] ??
    (session['exit_code'] === null ? unknown : `exit ${session['exit_code']}`);
  return (
    <Facts
      facts={[
        ['State', `ended, ${end}`],
        ['User', textIn(session, 'user')],
        ['Peer', textIn(session, 'peer')],
        ['Started', <Moment key="at" at={numberIn(session, 'started_at')} />],
        ['Connected', <Moment key="at" at={numberIn(session, 'connected_at')} />],
        ['Ended', <Moment key="at" at={numberIn(session, 'ended_at')} />],
        [
          'CPU user, system',
          [numberIn(session, 'user_ms'), numberIn(session, 'system_ms')].map(length).join(', '),
        ],
        ['Max RSS, shared pages too', bytes(numberIn(session, 'max_rss_bytes'))],
      ]}
      wide={[
        ['Cause', textIn(session, 'cause')],
        ['Command', <code key="command">{textIn(session, 'command')}</code>],
        ['Id', textIn(session, 'id')],
      ]}
    />
  );
}

function OwnLocks({ id }: { readonly id: string }): ReactNode {
  const { live } = usePageStore();
  const locks = useCell(live.locks);
  const own = locks.filter(({ holder }) => holder?.childId === id);
  const awaited = locks.filter(({ waiters }) => waiters.some(({ childId }) => childId === id));
  if (own.length === 0 && awaited.length === 0) return null;
  return (
    <>
      <h3>Locks now</h3>
      <ul className="plain">
        {own.map((lock) => (
          <li key={lock.id}>
            holds <Link to={{ lockId: lock.id }}>{lock.name}</Link>
          </li>
        ))}
        {awaited.map((lock) => (
          <li key={lock.id}>
            waits for <Link to={{ lockId: lock.id }}>{lock.name}</Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function Past({ told: { holds, waits, marks, audit } }: { readonly told: PastChild }): ReactNode {
  return (
    <>
      <Lines
        title="Locks held"
        rows={holds}
        line={(row) => `${textIn(row, 'name')} ${spanOf(row)}`}
      />
      <Lines
        title="Locks awaited"
        rows={waits}
        line={(row) => `${textIn(row, 'name')} ${spanOf(row)}`}
      />
      <Lines title="Events" rows={marks} line={(row) => textIn(row, 'text')} at="at" />
      <Lines
        title="Audit"
        rows={audit}
        line={(row) =>
          `${textIn(row, 'actor')}: ${textIn(row, 'verb')}, “${textIn(row, 'reason')}” → ${textIn(row, 'outcome', 'not known')}`
        }
        at="at"
      />
    </>
  );
}

interface LinesProps {
  readonly title: string;
  readonly rows: readonly PastRow[];
  readonly line: (row: PastRow) => string;
  readonly at?: string;
}

function Lines({ title, rows, line, at = 'from_at' }: LinesProps): ReactNode {
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul className="plain">
        {rows.map((row, index) => (
          <li key={`${String(row[at])} ${index}`}>
            <span className="quiet">
              <Moment at={numberIn(row, at)} />
            </span>{' '}
            {line(row)}
          </li>
        ))}
      </ul>
    </>
  );
}

function spanOf(row: PastRow): string {
  const [from, to] = [numberIn(row, 'from_at'), numberIn(row, 'to_at')];
  if (from === null || to === null) return 'until now';
  return `for ${length(to - from)}, ${textIn(row, 'ending')}`;
}

function instant(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
