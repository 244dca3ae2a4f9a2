import { sourceOf } from '@hatchery/addresses';
import type { AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';

/** How many refusals are reported, and how often. */
export interface RefusalLimits {
  /** More refusals of one source within a minute are only counted. */
  readonly toldPerSourceMax: number;
  /** The same for the feed, whose readers record each event again. */
  readonly publishedPerSourceMax: number;
  /** The limit of all sources together. The audit has its own limit. */
  readonly publishedMax: number;
  /**
   * Beyond this many sources a minute the others count as one: a botnet has more than anybody would
   * read.
   */
  readonly sourcesMax: number;
  /** How many of the counted sources are named afterwards, the busiest first. */
  readonly namedMax: number;
  readonly windowMs: number;
}

/** {@link RefusalLimits} of a gateway on the internet, where scanners always try. */
export const refusalLimits: RefusalLimits = {
  toldPerSourceMax: 30,
  publishedPerSourceMax: 5,
  publishedMax: 30,
  sourcesMax: 1_000,
  namedMax: 5,
  windowMs: 60_000,
};

/** Where refusals are reported. */
export interface RefusalReaders {
  readonly audit: (entry: AuditBody) => void;
  readonly publish: (event: EventBody) => void;
  readonly limits?: RefusalLimits;
}

type Refusal = Extract<
  AuditBody,
  { kind: 'sign-in.refused' | 'connection.refused' | 'session.refused' }
>;

interface Count {
  refusals: number;
  unpublished: number;
  unaudited: number;
}

const others = 'other sources';

/**
 * Reports refusals to the audit and the feed: the first few of each source at once, and the rest of
 * the same minute as a number. So a scanner, or a user's broken script, neither fills the disk nor
 * hides other refusals. Everything else passes unchanged. Dispose it to report what is left.
 */
export class Refusals implements Disposable {
  readonly #readers: RefusalReaders;
  readonly #limits: RefusalLimits;
  readonly #bySource = new Map<string, Count>();
  #published = 0;
  #window: NodeJS.Timeout | null = null;

  constructor(readers: RefusalReaders) {
    this.#readers = readers;
    this.#limits = readers.limits ?? refusalLimits;
  }

  take(entry: AuditBody): void {
    if (isRefusal(entry)) this.#tell(entry);
    else this.#readers.audit(entry);
  }

  [Symbol.dispose](): void {
    this.#endWindow();
  }

  #tell(entry: Refusal): void {
    const { audit, publish } = this.#readers;
    const { toldPerSourceMax, publishedPerSourceMax, publishedMax } = this.#limits;
    this.#window ??= setTimeout(() => this.#endWindow(), this.#limits.windowMs).unref();
    const count = this.#countOf(entry);
    count.refusals += 1;
    if (count.refusals <= toldPerSourceMax) audit(entry);
    else count.unaudited += 1;
    if (count.refusals > publishedPerSourceMax || this.#published >= publishedMax)
      count.unpublished += 1;
    else {
      this.#published += 1;
      publish(eventOf(entry));
    }
  }

  #countOf(entry: Refusal): Count {
    const source = whose(entry);
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const name = this.#bySource.size < this.#limits.sourcesMax ? source : others;
    const count = this.#bySource.get(name) ?? { refusals: 0, unpublished: 0, unaudited: 0 };
    this.#bySource.set(name, count);
    return count;
  }

  #endWindow(): void {
    clearTimeout(this.#window ?? undefined);
    this.#window = null;
    this.#published = 0;
    const { audit, publish } = this.#readers;
    for (const [source, count] of this.#sum('unaudited'))
      audit({
        kind: 'audit.missing',
        count,
        reason: `more refusals within a minute, of ${source}`,
      });
    for (const [peer, count] of this.#sum('unpublished'))
      publish({
        kind: 'session.refused',
        user: null,
        peer,
        reason: `${count} more within a minute`,
      });
    this.#bySource.clear();
  }

  /** Names the busiest sources, and sums up the rest. */
  #sum(what: 'unpublished' | 'unaudited'): (readonly [source: string, count: number])[] {
    const counts = [...this.#bySource]
      .map(([source, count]) => [source, count[what]] as const)
      .filter(([, count]) => count > 0)
      .toSorted(([, one], [, other]) => other - one);
    const named = counts.filter(([source]) => source !== others).slice(0, this.#limits.namedMax);
    const isNamed = new Set(named.map(([source]) => source));
    const rest = counts.reduce(
      (sum, [source, count]) => (isNamed.has(source) ? sum : sum + count),
      0,
    );
    return rest === 0 ? named : [...named, [others, rest]];
  }
}

function isRefusal(entry: AuditBody): entry is Refusal {
  return (
    entry.kind === 'sign-in.refused' ||
    entry.kind === 'connection.refused' ||
    entry.kind === 'session.refused'
  );
}

/**
 * A signed-in user counts as one source, from any address. Before sign-in the name proves nothing.
 */
function whose(entry: Refusal): string {
  if (entry.kind === 'session.refused') return entry.user;
  const [, bracketed, plain = entry.peer] = /^(?:\[(.*)\]|(.*)):\d+$/.exec(entry.peer) ?? [];
  return sourceOf(bracketed ?? plain);
}

function eventOf(entry: Refusal): EventBody {
  const { peer, reason } = entry;
  const told = { kind: 'session.refused', peer } as const;
  if (entry.kind === 'session.refused') return { ...told, user: entry.user, reason };
  if (entry.kind === 'connection.refused') return { ...told, user: null, reason };
  // The name is only a claim, so it goes into the reason.
  return { ...told, user: null, reason: `sign-in as ${JSON.stringify(entry.user)}: ${reason}` };
}
