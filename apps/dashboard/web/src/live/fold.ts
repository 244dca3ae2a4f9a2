import type { LiveMessage, LivePosition } from '@hatchery/events';
import { FoldedData } from './folded-data.ts';
import type { LiveData } from './live-data.ts';

/** The verdict on a message: new, known already, or proof that an earlier one is missing. */
export type Verdict = 'applied' | 'old' | 'gap';

export interface Folded {
  readonly data: LiveData | null;
  readonly verdict: Verdict;
}

/**
 * The data after one message. A message is applied only after everything before it; the page
 * guesses nothing.
 */
export function fold(data: LiveData | null, message: LiveMessage): Folded {
  switch (message.type) {
    case 'hello':
      return { data, verdict: 'old' };
    case 'snapshot':
      return foldSnapshot(data, message);
    case 'event': {
      if (data === null) return { data, verdict: 'gap' };
      const { event } = message;
      if (event.seq <= data.seq) return { data, verdict: 'old' };
      if (event.seq > data.seq + 1) return { data, verdict: 'gap' };
      return { data: FoldedData.after(data, event, { seq: event.seq }), verdict: 'applied' };
    }
    case 'usage':
      return foldUsage(data, message);
    case 'heartbeat':
      return { data, verdict: compare(data, message) };
  }
}

function foldSnapshot(
  data: LiveData | null,
  { epoch, seq, round, view }: Extract<LiveMessage, { type: 'snapshot' }>,
): Folded {
  const overtaken = data !== null && data.epoch === epoch && (seq < data.seq || round < data.round);
  if (overtaken) return { data, verdict: 'old' };
  return { data: { epoch, seq, round, view }, verdict: 'applied' };
}

function foldUsage(
  data: LiveData | null,
  message: Extract<LiveMessage, { type: 'usage' }>,
): Folded {
  if (data === null) return { data, verdict: 'gap' };
  if (message.round <= data.round) return { data, verdict: 'old' };
  // Usage as of another event could name children that this page does not know yet or any more.
  if (message.after > data.round || message.seq !== data.seq) return { data, verdict: 'gap' };
  const { round, samples } = message;
  return {
    data: FoldedData.after(data, { kind: 'child.usage', samples }, { round }),
    verdict: 'applied',
  };
}

function compare(data: LiveData | null, told: LivePosition): Verdict {
  if (data === null || data.epoch !== told.epoch) return 'gap';
  return told.seq > data.seq || told.round > data.round ? 'gap' : 'applied';
}
