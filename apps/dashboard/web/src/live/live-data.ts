import type { LivePosition, View } from '@hatchery/events';

/** All data this page has received, and up to which number. */
export interface LiveData extends LivePosition {
  readonly view: View;
}
