import { forkChild } from '@hatchery/forker-client';
import { sessionEndMsMax } from '../limits.ts';
import { within } from './deadline.ts';
import { firstReply } from './first-reply.ts';
import type { Session } from './session.ts';

/** A session that takes further requests. */
export interface ForkedSession extends Session {
  /** Sends one more request, and resolves with the time to the reply. */
  reply(): Promise<number>;
}

/**
 * Sessions in children that the fork service at `socket` forks for the demo user, requested as the
 * gateway does.
 */
export function forkedSessions(socket: string): (signal: AbortSignal) => Promise<ForkedSession> {
  return async (signal) => {
    const startedAtMs = performance.now();
    const child = await forkChild({
      socket,
      command: ['lp-serve', '--inet', 'demo'],
      environment: {},
      signal,
    });
    const pipes = child.openPipes();
    const release = (): void => {
      for (const stream of [pipes.stdin, pipes.stdout, pipes.stderr]) stream.destroy();
      child[Symbol.dispose]();
    };
    pipes.stderr.resume();
    try {
      await firstReply(pipes.stdin, pipes.stdout, signal);
    } catch (error) {
      release();
      throw error;
    }
    const firstReplyMs = performance.now() - startedAtMs;
    const end = async (): Promise<void> => {
      pipes.stdin.end();
      try {
        const status = await within(child.exited, sessionEndMsMax, 'it did not end with its input');
        if (status !== 0) throw new Error(`it ended with wait status ${status}`);
      } finally {
        release();
      }
    };
    const reply = async (): Promise<number> => {
      const askedAtMs = performance.now();
      await firstReply(pipes.stdin, pipes.stdout, signal);
      return performance.now() - askedAtMs;
    };
    return { firstReplyMs, pid: child.pid, reply, end };
  };
}
