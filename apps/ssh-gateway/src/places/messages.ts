import type { ConnectionRefusal } from '../admission.ts';
import type { SessionRefusal } from './places.ts';

/**
 * What a worker process tells the first one about places. `id` is the worker's own number of the
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

/** What it hears: null is a place. */
export interface PlaceAnswer {
  readonly type: 'place';
  readonly id: number;
  readonly refusal: ConnectionRefusal | SessionRefusal | null;
}
