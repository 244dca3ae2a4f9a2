import { useCallback, useEffect, useState } from 'react';
import { fromRoot } from '../address/root.ts';

/**
 * The server's answer to a query about the past. While a new query runs, the previous answer stays.
 */
export interface Asked<T> {
  readonly answer: T | null;
  readonly failure: string | null;
  readonly loading: boolean;
  readonly again: () => void;
}

interface State<T> {
  /** The number of the query that this answers. */
  readonly asking: string;
  readonly answer: T | null;
  readonly failure: string | null;
}

/**
 * Requests JSON from `url`, and again whenever it changes or `everyMs` passes. A null `url`
 * requests nothing.
 */
export function useAsked<T>(url: string | null, everyMs: number | null = null): Asked<T> {
  const [state, setState] = useState<State<T>>({ asking: '', answer: null, failure: null });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);
  const asking = `${round} ${url ?? ''}`;
  useEffect(() => {
    if (url === null) return;
    const stop = new AbortController();
    void ask<T>(url, stop.signal).then((told) => {
      if (!stop.signal.aborted) setState((before) => ({ asking, answer: before.answer, ...told }));
    });
    return () => stop.abort();
  }, [url, asking]);
  useEffect(() => {
    if (everyMs === null) return;
    // A hidden page requests nothing.
    const timer = setInterval(() => document.visibilityState === 'visible' && again(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, again]);
  const { answer, failure } = state;
  return {
    answer: url === null ? null : answer,
    failure,
    loading: url !== null && state.asking !== asking,
    again,
  };
}

async function ask<T>(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly answer: T; readonly failure: null } | { readonly failure: string }> {
  try {
    const response = await fetch(fromRoot(url), { signal });
    const told: unknown = await response.json();
    if (response.ok) return { answer: told as T, failure: null };
    return {
      failure: (told as { error?: string }).error ?? `The server answered ${response.status}.`,
    };
  } catch {
    return { failure: 'No answer from the dashboard.' };
  }
}
