import { reduce, type Event, type View } from '@hatchery/events';
import type { Segment } from './segments.ts';

/** What a log comes to when it is opened again. */
export interface Recovered {
  readonly epoch: string;
  readonly seq: number;
  readonly view: View;
  /** The last events, without a hole, up to `seq`. */
  readonly events: readonly Event[];
}

/** Either the log goes on where it ended, or it cannot be known that it is all there, and why. */
export type Recovery =
  | { readonly kind: 'continued'; readonly recovered: Recovered; readonly last: Segment }
  | { readonly kind: 'ended'; readonly why: string; readonly view: View; readonly seq: number };

/**
 * Folds the segments of a log, oldest first, at least one. A torn last record was never told to
 * anybody, for a record is written before it is told. Everything else that is not whole may hide
 * events that readers know: then the epoch has ended.
 */
export function recover(segments: readonly Segment[], boot: string): Recovery {
  const last = segments.at(-1);
  if (last === undefined) throw new Error('a log without segments is a new one');
  const view = last.events.reduce<View>(reduce, last.header.view);
  const seq = last.header.seq + last.events.length;
  const why = reasonToEnd(last, boot);
  if (why !== null) return { kind: 'ended', why, view, seq };
  const { epoch } = last.header;
  return {
    kind: 'continued',
    recovered: { epoch, seq, view, events: eventsWithoutHole(segments) },
    last,
  };
}

function reasonToEnd({ header, end, behind }: Segment, boot: string): string | null {
  if (behind) return 'the disk took no more events when the service ended';
  if (end === 'damaged') return 'a record of it is damaged';
  // What had not reached the disk is gone, and nobody can tell whether something was told that is
  // not in it.
  return header.boot === boot ? null : 'the machine was started anew since';
}

function eventsWithoutHole(segments: readonly Segment[]): Event[] {
  let events: Event[] = [];
  let next: Segment['header'] | null = null;
  for (const { header, events: own } of segments.toReversed()) {
    const joins =
      next === null || (next.epoch === header.epoch && next.seq === header.seq + own.length);
    if (!joins) break;
    events = [...own, ...events];
    next = header;
  }
  return events;
}
