import { useCallback, useEffect, useState } from 'react';
import { fromRoot } from '../address/root.ts';

/**
 * What the server said to a question about the past. While one is under way the answer before it
 * stays.
 */
export interface Asked<T> {
  readonly answer: T | null;
  readonly failure: string | null;
  readonly loading: boolean;
  readonly again: () => void;
}

interface State<T> {
  /** Which asking this is the answer to. */
  readonly asking: string;
  readonly answer: T | null;
  readonly failure: string | null;
}

/**
 * Asks for JSON at `url`, and again whenever it changes or `everyMs` passes. A null `url` asks
 * nothing.
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
    // A page that nobody sees asks nothing.
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
