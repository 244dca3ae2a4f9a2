import type { Config } from '@hatchery/config';
import type { AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import type { Limits } from '../limits.ts';
import type { PlaceAnswer, PlaceNews } from '../places/messages.ts';
import type { StatusEvent } from '../status/status.ts';
import type { Whose } from './whose.ts';
import type { WorkerReport } from './worker.ts';

/**
 * What the first process of a gateway tells a worker process. `connection` comes with the socket.
 */
export type WorkerOrder =
  /** The first message. `limits` differ from the built-in ones in tests alone. */
  | { readonly type: 'start'; readonly config: Config; readonly limits: Partial<Limits> }
  | { readonly type: 'connection'; readonly id: number }
  | { readonly type: 'status'; readonly event: StatusEvent }
  | { readonly type: 'report'; readonly id: number }
  | { readonly type: 'disconnect'; readonly id: number; readonly whose: Whose }
  | PlaceAnswer;

/** What a worker process tells the first one. */
export type WorkerNews =
  | { readonly type: 'ready' }
  /** It cannot serve, in one line that says what to do. */
  | { readonly type: 'failed'; readonly message: string }
  /** It has this connection, so that the first process may let go of it. */
  | { readonly type: 'taken'; readonly id: number }
  | { readonly type: 'event'; readonly event: EventBody }
  | { readonly type: 'audit'; readonly entry: AuditBody }
  | { readonly type: 'disconnected'; readonly id: number; readonly count: number }
  /** `id` is 0 in the last one, which nobody asked for. */
  | { readonly type: 'report'; readonly id: number; readonly report: WorkerReport }
  | PlaceNews;
