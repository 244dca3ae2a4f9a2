import type { ConnectionRefusal } from '../admission.ts';
import type { SessionRefusal } from './places.ts';

/**
 * Messages about places from a worker process to the first one. `id` is the worker's number of the
 * place.
 */
export type PlaceNews =
  | {
      readonly type: 'connection-comes';
      readonly id: number;
      readonly address: string;
      readonly source: string;
    }
  | { readonly type: 'session-comes'; readonly id: number; readonly user: string }
  | { readonly type: 'signed-in'; readonly id: number }
  | { readonly type: 'left'; readonly id: number };

/** The answers to a worker: null means that it has the place. */
export interface PlaceAnswer {
  readonly type: 'place';
  readonly id: number;
  readonly refusal: ConnectionRefusal | SessionRefusal | null;
}
