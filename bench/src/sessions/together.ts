import type { OpenSession, Session } from './session.ts';

/** Opens this many sessions at once. @throws the first failure, with all of them ended */
export async function openTogether(
  open: OpenSession,
  count: number,
  signal: AbortSignal,
): Promise<Session[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const opening = Array.from({ length: count }, () => open(stop));
  try {
    return await Promise.all(opening);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(opening);
    throw error;
  }
}

/** Ends sessions at once. @throws the first failure */
export async function endTogether(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.end()));
}
