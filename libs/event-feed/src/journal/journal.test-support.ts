import { readFileSync, writeFileSync } from 'node:fs';
import type { EventBody, FeedMessage, FeedPosition, View } from '@hatchery/events';
import { reduce } from '@hatchery/events';
import { EventLog } from '../event-log.ts';
import { EventJournal, type JournalOptions } from './event-journal.ts';
import { listSegments } from './segments.ts';

/** A publisher over a log on disk, and what the log said of itself. */
export class JournalBench implements Disposable {
  readonly journal: EventJournal;
  readonly log: EventLog;
  readonly said: string[] = [];

  constructor(directory: string, newEpoch: string, options: Partial<JournalOptions> = {}) {
    const listener = {
      suspended: (error: Error) =>
        this.said.push(`suspended: ${(error as NodeJS.ErrnoException).code}`),
      resumed: (missing: number) => this.said.push(`resumed, ${missing} missing`),
      unsynced: (error: Error) => this.said.push(`unsynced: ${error.message}`),
      epochEnded: (why: string) => this.said.push(why),
    };
    this.journal = new EventJournal({ directory, newEpoch, listener, ...options });
    this.log = new EventLog({
      epoch: 'none',
      version: '1',
      now: () => new Date(0),
      journal: this.journal,
    });
  }

  publish(...bodies: readonly EventBody[]): this {
    for (const body of bodies) this.log.publish(body);
    return this;
  }

  /** What a reader gets that comes back from `from`. */
  read(from: FeedPosition | null): FeedMessage[] {
    const messages: FeedMessage[] = [];
    this.log.subscribe(from, (message) => messages.push(message))[Symbol.dispose]();
    return messages;
  }

  [Symbol.dispose](): void {
    this.journal[Symbol.dispose]();
  }
}

/** The view of a reader that knew `view` and hears these. */
export function follow(view: View, messages: readonly FeedMessage[]): View {
  return messages.reduce((known, message) => {
    if (message.type === 'snapshot') return message.view;
    return message.type === 'event' ? reduce(known, message.event) : known;
  }, view);
}

/** Changes the bytes of the newest segment. */
export function rewriteLast(directory: string, change: (bytes: Buffer) => Buffer): void {
  const path = listSegments(directory).at(-1);
  if (path === undefined) throw new Error(`there is no segment in ${directory}`);
  writeFileSync(path, change(readFileSync(path)));
}
