import { eventKindOf, type EventKind, type View } from '@hatchery/events';

/** The kinds of events that a reader of a feed wants; null for all of them. */
export type FeedFilter = ReadonlySet<EventKind> | null;

/**
 * Reads the `kinds` of a feed's query: names with commas between.
 * @throws an Error in words for the reader
 */
export function readFeedFilter(kinds: string | null): FeedFilter {
  if (kinds === null) return null;
  return new Set(kinds.split(',').map((name) => eventKindOf(name) ?? unknownKind(name)));
}

/**
 * The view as a reader with this filter gets it: without the lists that none of its events changes.
 */
export function viewFor(filter: FeedFilter, view: View): View {
  if (filter === null) return view;
  const has = (group: string): boolean => [...filter].some((kind) => kind.startsWith(group));
  return {
    ...view,
    ...(has('child.') ? {} : { children: {}, recentChildren: [] }),
    ...(has('lock.') ? {} : { locks: {} }),
  };
}

function unknownKind(name: string): never {
  throw new Error(`there is no kind of event '${name}'`);
}
