import { useSyncExternalStore } from 'react';
import type { Cell } from './cell.ts';

/** The value of a cell, or of a part of it. Repaints only when that value changes. */
export function useCell<T>(cell: Cell<T>): T;
export function useCell<T, S extends string | number | boolean | null>(
  cell: Cell<T>,
  part: (value: T) => S,
): S;
export function useCell<T>(cell: Cell<T>, part: (value: T) => unknown = (value) => value): unknown {
  return useSyncExternalStore(cell.subscribe, () => part(cell.get()));
}
