import { useCallback, useEffect, useState } from 'react';

/** What the server said to a question about the past. While one is under way the answer before it stays. */
export interface Asked<T> {
  readonly answer: T | null;
  readonly failure: string | null;
  readonly loading: boolean;
  readonly again: () => void;
}

interface State<T> {
  readonly url: string;
  readonly answer: T | null;
  readonly failure: string | null;
  readonly loading: boolean;
}

/** Asks for JSON at `url`, and again whenever it changes or `everyMs` passes. A null `url` asks nothing. */
export function useAsked<T>(url: string | null, everyMs: number | null = null): Asked<T> {
  const [state, setState] = useState<State<T>>({ url: '', answer: null, failure: null, loading: url !== null });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (url === null) return;
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    void ask<T>(url, stop.signal).then((told) => {
      if (!stop.signal.aborted) setState((before) => ({ url, loading: false, answer: before.answer, ...told }));
    });
    return () => stop.abort();
  }, [url, round]);
  useEffect(() => {
    if (everyMs === null) return;
    // A page that nobody sees asks nothing.
    const timer = setInterval(() => document.visibilityState === 'visible' && again(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, again]);
  const { answer, failure, loading } = state;
  return { answer: url === null ? null : answer, failure, loading, again };
}

async function ask<T>(
  url: string,
  signal: AbortSignal,
): Promise<{ readonly answer: T; readonly failure: null } | { readonly failure: string }> {
  try {
    const response = await fetch(url, { signal });
    const told: unknown = await response.json();
    if (response.ok) return { answer: told as T, failure: null };
    return { failure: (told as { error?: string }).error ?? `The server answered ${response.status}.` };
  } catch {
    return { failure: 'No answer from the dashboard.' };
  }
}
