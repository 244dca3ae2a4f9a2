import { clientBufferBytesMax, clientLagMsMax, usageHeldAboveBytes } from '../limits.ts';

/** The measured reading speed of one browser. Instants are milliseconds of any one clock. */
export interface Lag {
  /** Bytes written for the browser that the kernel has not accepted yet. */
  readonly bufferedBytes: number;
  /** Since when it is above the mark for usage, or null. */
  readonly behindSince: number | null;
  /** Bytes of its last snapshot while it may still be queued: a new browser is not a slow one. */
  readonly snapshotBytes: number;
}

/** What a browser may get now: everything, only events, or nothing any more. */
export type Pace = 'all' | 'events-only' | 'too-slow';

/** Judges one browser before anything is written to it. */
export function pace(lag: Lag, now: number): Pace {
  if (lag.bufferedBytes <= usageHeldAboveBytes) return 'all';
  if (lag.bufferedBytes > clientBufferBytesMax + lag.snapshotBytes) return 'too-slow';
  if (lag.behindSince !== null && now - lag.behindSince > clientLagMsMax) return 'too-slow';
  return 'events-only';
}
