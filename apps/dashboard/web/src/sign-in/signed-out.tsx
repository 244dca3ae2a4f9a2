import { useEffect, useState, type ReactNode } from 'react';
import { truthOf } from '../live/truth.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { fromRoot, pathBelowRoot } from '../address/root.ts';

/** How often a page without a connection asks whether its sign-in has ended. */
const askMs = 2_000;

/**
 * Says that the sign-in has ended. The stream alone cannot show that: a browser does not report the
 * status with which a WebSocket was refused.
 */
export function SignedOut(): ReactNode {
  const { live } = usePageStore();
  const connected = useCell(live.clock, (at) => truthOf(live.live.get(), at).word === 'live');
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    if (connected) return;
    const stop = new AbortController();
    const ask = (): void => void refusalNow(stop.signal).then(setRefusal, () => undefined);
    const timer = setInterval(ask, askMs);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [connected]);
  if (connected || refusal === null) return null;
  return (
    <p className="failure" role="alert">
      {refusal}{' '}
      <a href={fromRoot(`/sign-in?to=${encodeURIComponent(pathBelowRoot() + location.search)}`)}>
        Sign in
      </a>
    </p>
  );
}

/** Why this browser may not look any more, or null when it may. @throws when no answer comes */
async function refusalNow(signal: AbortSignal): Promise<string | null> {
  const response = await fetch(fromRoot('/api/session'), { signal });
  if (response.status !== 401 && response.status !== 403) return null;
  const { error } = (await response.json()) as { error: string };
  return error;
}
