import type { LivePosition } from '@hatchery/events';

/** The position in a browser's `resume`, or null when the text is anything else. */
export function requestedPosition(text: string): LivePosition | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, epoch, seq, round } = value as Readonly<Record<string, unknown>>;
  if (type !== 'resume' || typeof epoch !== 'string' || !isNatural(seq) || !isNatural(round))
    return null;
  return { epoch, seq, round };
}

function isNatural(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
