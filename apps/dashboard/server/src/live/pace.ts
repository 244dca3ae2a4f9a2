import { clientBufferBytesMax, clientLagMsMax, usageHeldAboveBytes } from '../limits.ts';

/** What is known of one browser's reading speed. Instants are milliseconds of any one clock. */
export interface Lag {
  /** Bytes written for the browser that the kernel has not taken yet. */
  readonly bufferedBytes: number;
  /** Since when it is above the mark for usage, or null. */
  readonly behindSince: number | null;
  /**
   * Bytes of its last snapshot, as long as that may still be queued: being new is not being slow.
   */
  readonly snapshotBytes: number;
}

/** What a browser may be sent now: everything, events only, or nothing any more. */
export type Pace = 'all' | 'events-only' | 'too-slow';

/** Judges one browser before anything is written to it. */
export function pace(lag: Lag, now: number): Pace {
  if (lag.bufferedBytes <= usageHeldAboveBytes) return 'all';
  if (lag.bufferedBytes > clientBufferBytesMax + lag.snapshotBytes) return 'too-slow';
  if (lag.behindSince !== null && now - lag.behindSince > clientLagMsMax) return 'too-slow';
  return 'events-only';
}
