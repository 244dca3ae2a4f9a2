import { useState } from 'react';
import type { PastRow } from '@hatchery/events';
import { queryOf } from './past-form.tsx';
import { useAsked, type Asked } from './use-asked.ts';
import { fromRoot } from '../address/root.ts';

interface Page {
  readonly rows: readonly PastRow[];
  readonly next: string | null;
}

/** A list that is read page by page: all rows so far, and how to get more. */
export interface Pages<T extends Page> {
  readonly first: Asked<T>;
  readonly rows: readonly PastRow[];
  readonly more: (() => void) | null;
  readonly failure: string | null;
}

interface Further {
  readonly of: Page;
  readonly rows: readonly PastRow[];
  readonly next: string | null;
  readonly failure: string | null;
}

/** Reads `/api/<name>` with the filters `past`. */
export function usePages<T extends Page>(
  name: 'history' | 'audit',
  past: Readonly<Record<string, string>>,
): Pages<T> {
  const first = useAsked<T>(`/api/${name}${queryOf(past)}`);
  const [further, setFurther] = useState<Further | null>(null);
  const page = first.answer;
  // More rows belong to the answer they follow; a new answer starts over.
  const added = page !== null && further?.of === page ? further : null;
  const next = added === null ? (page?.next ?? null) : added.next;
  const more = (): void => {
    if (page === null || next === null) return;
    const known = added?.rows ?? [];
    void fetch(fromRoot(`/api/${name}${queryOf(past, { after: next })}`))
      .then((response) =>
        response.ok ? (response.json() as Promise<Page>) : Promise.reject(new Error()),
      )
      .then((told) =>
        setFurther({ of: page, rows: [...known, ...told.rows], next: told.next, failure: null }),
      )
      .catch(() =>
        setFurther({
          of: page,
          rows: known,
          next,
          failure: 'The next rows could not be read; try again.',
        }),
      );
  };
  return {
    first,
    rows: [...(page?.rows ?? []), ...(added?.rows ?? [])],
    more: next === null ? null : more,
    failure: first.failure ?? added?.failure ?? null,
  };
}
