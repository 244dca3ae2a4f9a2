import type { Part, PartContext } from '@hatchery/daemon';
import type { Sessions } from './session/sessions.ts';
import type { SshServer } from './ssh/server.ts';

/**
 * The running gateway as a part. Stopping closes the port and lets running sessions end; urgently, or when the deadline for children has
 * passed, it disconnects every client, and their children are asked to end without delay.
 */
export function drainable(
  { config, log }: Pick<PartContext, 'config' | 'log'>,
  server: SshServer,
  sessions: Sessions,
): Part {
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  let deadline: NodeJS.Timeout | null = null;

  const disconnect = (reason: string): void => {
    log.warn({ sessions: sessions.count, reason }, 'disconnecting clients');
    server.disconnectAll(reason);
    // Only then is there a child whose client has gone, and hurrying has a meaning.
    void server.closed().then(() => sessions.hurry());
  };

  const drain = (): void => {
    log.info({ sessions: sessions.count }, 'draining');
    deadline = setTimeout(() => disconnect('drain deadline passed'), config.forker.childrenTimeoutS * 1000);
    sessions.drain();
    server.drain();
    Promise.all([server.closed(), sessions.ended()])
      .finally(() => clearTimeout(deadline ?? undefined))
      .then(() => resolve(log.info('stopped')), reject);
  };

  const { address: host, port } = server.address;
  return {
    details: { ssh: { host, port } },
    finished,
    stop: (urgent) => {
      if (deadline === null) drain();
      if (urgent) disconnect('stopped');
    },
  };
}
