import type { LivePosition, View } from '@hatchery/events';

/** Everything this page has been told, and up to where. */
export interface LiveData extends LivePosition {
  readonly view: View;
}
