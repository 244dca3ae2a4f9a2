import { defaultSort, isSortKey, type Sort } from '../store/order.ts';

/** What the page's address says, so that a link shows a colleague the same picture. */
export interface PageAddress {
  readonly filter: string;
  readonly sort: Sort;
  /** The child whose details are open. */
  readonly childId: string | null;
}

/** Reads `/` or `/children/<id>` with `?q=words&sort=-cpu`; what makes no sense counts as absent. */
export function parseAddress(path: string, query: string): PageAddress {
  const parameters = new URLSearchParams(query);
  const [, id] = /^\/children\/([^/]+)$/.exec(path) ?? [];
  return {
    filter: parameters.get('q') ?? '',
    sort: parseSort(parameters.get('sort')),
    childId: id === undefined ? null : decode(id),
  };
}

export function formatAddress({ filter, sort, childId }: PageAddress): string {
  const parameters = new URLSearchParams();
  if (filter !== '') parameters.set('q', filter);
  if (sort.key !== defaultSort.key || sort.descending !== defaultSort.descending) {
    parameters.set('sort', `${sort.descending ? '-' : ''}${sort.key}`);
  }
  const path = childId === null ? '/' : `/children/${encodeURIComponent(childId)}`;
  return parameters.size === 0 ? path : `${path}?${parameters}`;
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
