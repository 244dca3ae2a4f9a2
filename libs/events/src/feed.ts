import type { Event } from './event.ts';
import type { View } from './view.ts';

/**
 * One line of the feed (newline-delimited JSON over the control socket, `GET /v1/events`). A
 * `hello` comes first; then a `snapshot`, unless the reader named a position that can be resumed;
 * then every event in order. The epoch outlives a restart of a publisher whose log is on disk, and
 * so does the position.
 */
export type FeedMessage =
  | {
      readonly type: 'hello';
      /** The version of the feed itself. */
      readonly format: number;
      readonly epoch: string;
      readonly serverTime: string;
      readonly version: string;
    }
  | { readonly type: 'snapshot'; readonly epoch: string; readonly seq: number; readonly view: View }
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'heartbeat'; readonly seq: number; readonly serverTime: string };

/** Where a reader stands: it has folded everything up to and including `seq` of `epoch`. */
export interface FeedPosition {
  readonly epoch: string;
  readonly seq: number;
}
