import type { FeedState, LiveMessage, LivePosition, ReadOnlyState, Stuck } from '@hatchery/events';
import { catchUpMsMin, snapshotSharedMsMax } from '../limits.ts';
import type { LiveLog } from '../read-model/live-log.ts';
import { LiveClient, type LiveSocket } from './live-client.ts';

/**
 * Sends all browsers what changed. A message is serialised once and the same bytes go to each; only
 * a browser that fell behind, or reconnects, costs bytes of its own.
 */
export class Broadcast {
  readonly #log: LiveLog;
  readonly #clients = new Set<LiveClient>();
  readonly #now: () => number;
  tooSlowTotal = 0;
  #merged = { seq: -1, latest: -1, frames: new Map<number, Buffer>() };
  #shared: { readonly at: number; readonly position: LivePosition; readonly frame: Buffer } | null =
    null;

  /** `now` gives milliseconds of a monotonic clock. */
  constructor(log: LiveLog, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Greets a browser. It gets nothing more until it has said what it knows ({@link resume}). */
  add(socket: LiveSocket, hello: LiveMessage): LiveClient {
    const client = new LiveClient(socket);
    this.#clients.add(client);
    client.send(frameOf(hello));
    return client;
  }

  remove(client: LiveClient): void {
    this.#clients.delete(client);
  }

  /**
   * Answers a browser that says what it knows: at once, or with the next {@link beat} when it asks
   * often.
   */
  resume(client: LiveClient, from: LivePosition): void {
    client.owedFrom = from;
    this.#catchUp(client, this.#now());
  }

  /** Sends an event or a snapshot to every browser, however far behind. */
  publish(message: LiveMessage): void {
    const frame = frameOf(message);
    for (const client of this.#listening()) {
      if (this.#paceOf(client) === 'too-slow' || client.owedFrom !== null) continue;
      if (message.type === 'snapshot') {
        client.sendSnapshot(frame);
        client.round = message.round;
      } else client.send(frame);
    }
  }

  /**
   * Sends a round of usage to browsers that keep up; the others get it merged with later rounds.
   */
  publishUsage(message: Extract<LiveMessage, { type: 'usage' }>): void {
    const frame = frameOf(message);
    for (const client of this.#listening()) {
      if (this.#paceOf(client) !== 'all' || client.owedFrom !== null) continue;
      client.send(client.round === message.after ? frame : this.#usageAfter(client.round));
      client.round = message.round;
    }
  }

  /** Once a second: sends owed answers, and a heartbeat to every browser that keeps up. */
  beat(
    serverTime: string,
    feed: FeedState,
    stuck: readonly Stuck[] = [],
    readOnly: ReadOnlyState | null = null,
  ): void {
    const now = this.#now();
    const frame = frameOf({
      type: 'heartbeat',
      ...this.#log.position,
      serverTime,
      feed,
      stuck,
      readOnly,
    });
    for (const client of this.#clients) this.#catchUp(client, now);
    for (const client of this.#listening()) {
      if (this.#paceOf(client) !== 'all' || client.owedFrom !== null) continue;
      if (client.round < this.#log.position.round) {
        client.send(this.#usageAfter(client.round));
        client.round = this.#log.position.round;
      }
      client.send(frame);
    }
  }

  closeAll(code: number, reason: string): void {
    for (const client of this.#clients) client.close(code, reason);
  }

  #catchUp(client: LiveClient, now: number): void {
    const from = client.owedFrom;
    if (from === null || client.closed || now - client.caughtUpAt < catchUpMsMin) return;
    if (this.#paceOf(client) !== 'all') return;
    client.owedFrom = null;
    client.caughtUpAt = now;
    client.round = this.#log.position.round;
    const missed = this.#log.since(from);
    if (missed[0]?.type === 'snapshot') this.#sendSnapshot(client, now);
    else
      for (const message of missed)
        client.send(message.type === 'usage' ? this.#usageAfter(message.after) : frameOf(message));
  }

  /**
   * All browsers that need a snapshot within a moment get the same bytes, and the events since: a
   * snapshot of many children is some megabytes, and each browser that does not read would keep its
   * own copy here. The usage since then comes with the next round, if the browser reads at all.
   */
  #sendSnapshot(client: LiveClient, now: number): void {
    const shared = this.#shared;
    const since =
      shared === null || now - shared.at > snapshotSharedMsMax
        ? []
        : this.#log.since(shared.position);
    if (
      shared !== null &&
      since[0]?.type !== 'snapshot' &&
      now - shared.at <= snapshotSharedMsMax
    ) {
      client.sendSnapshot(shared.frame);
      client.round = shared.position.round;
      for (const message of since) if (message.type !== 'usage') client.send(frameOf(message));
      return;
    }
    this.#shared = { at: now, position: this.#log.position, frame: frameOf(this.#log.snapshot()) };
    client.sendSnapshot(this.#shared.frame);
  }

  /**
   * The usage of all rounds after that one. Browsers that missed the same rounds get the same
   * bytes.
   */
  #usageAfter(round: number): Buffer {
    const { seq, round: latest } = this.#log.position;
    if (this.#merged.seq !== seq || this.#merged.latest !== latest)
      this.#merged = { seq, latest, frames: new Map() };
    const frame = this.#merged.frames.get(round) ?? frameOf(this.#log.usageAfter(round));
    this.#merged.frames.set(round, frame);
    return frame;
  }

  *#listening(): Iterable<LiveClient & { round: number }> {
    for (const client of this.#clients) {
      if (client.round !== null && !client.closed) yield client as LiveClient & { round: number };
    }
  }

  #paceOf(client: LiveClient): ReturnType<LiveClient['pace']> {
    const judged = client.pace(this.#now());
    if (judged === 'too-slow') this.tooSlowTotal += 1;
    return judged;
  }
}

function frameOf(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}
