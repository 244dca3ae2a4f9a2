import { childrenViews, type ChildrenView } from '../store/filter.ts';
import { defaultSort, isSortKey, type Sort } from '../store/order.ts';

/** The pages, by the first segment of their path. The live page has none. */
export const pages = ['live', 'history', 'audit', 'doctor'] as const;
export type PageName = (typeof pages)[number];

/** The state that the page's address holds, so that a link shows a colleague the same view. */
export interface PageAddress {
  readonly page: PageName;
  /** The child, or else the lock, whose details are open on the live page. */
  readonly childId: string | null;
  readonly lockId: string | null;
  readonly filter: string;
  readonly sort: Sort;
  readonly view: ChildrenView;
  readonly locksAs: 'table' | 'tree';
  /** The filters of History and Audit, named as in the server's API. */
  readonly past: Readonly<Record<string, string>>;
}

/** The keys that {@link PageAddress.past} may hold. */
const pastKeys = ['range', 'from', 'to', 'user', 'branch', 'outcome', 'kind', 'q'] as const;

/**
 * Reads `/`, `/children/<id>`, `/locks/<id>` with `?q=words&sort=-cpu&view=holding&locks=tree`, or
 * `/history?range=1h…`. Ignores values that make no sense.
 */
export function parseAddress(path: string, query: string): PageAddress {
  const parameters = new URLSearchParams(query);
  const [, noun, id] = /^\/(children|locks)\/([^/]+)$/.exec(path) ?? [];
  const page = pages.find((name) => path === `/${name}`) ?? 'live';
  const open = id === undefined ? null : decode(id);
  const live = page === 'live';
  return {
    page,
    childId: noun === 'children' ? open : null,
    lockId: noun === 'locks' ? open : null,
    filter: (live && parameters.get('q')) || '',
    sort: parseSort(live ? parameters.get('sort') : null),
    view: childrenViews.find((view) => live && view === parameters.get('view')) ?? 'all',
    locksAs: live && parameters.get('locks') === 'tree' ? 'tree' : 'table',
    past: live ? {} : parsePast(parameters),
  };
}

export function formatAddress({
  page,
  childId,
  lockId,
  filter,
  sort,
  view,
  locksAs,
  past,
}: PageAddress): string {
  const parameters = new URLSearchParams(page === 'live' ? {} : past);
  if (page !== 'live') return withQuery(`/${page}`, parameters);
  if (filter !== '') parameters.set('q', filter);
  if (sort.key !== defaultSort.key || sort.descending !== defaultSort.descending) {
    parameters.set('sort', `${sort.descending ? '-' : ''}${sort.key}`);
  }
  if (view !== 'all') parameters.set('view', view);
  if (locksAs !== 'table') parameters.set('locks', locksAs);
  if (childId !== null) return withQuery(`/children/${encodeURIComponent(childId)}`, parameters);
  if (lockId !== null) return withQuery(`/locks/${encodeURIComponent(lockId)}`, parameters);
  return withQuery('/', parameters);
}

function withQuery(path: string, parameters: URLSearchParams): string {
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

function parsePast(parameters: URLSearchParams): PageAddress['past'] {
  return Object.fromEntries(
    pastKeys.flatMap((key) => {
      const value = parameters.get(key);
      return value === null || value === '' ? [] : [[key, value]];
    }),
  );
}

function parseSort(text: string | null): Sort {
  if (text === null) return defaultSort;
  const descending = text.startsWith('-');
  const key = descending ? text.slice(1) : text;
  return isSortKey(key) ? { key, descending } : defaultSort;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
