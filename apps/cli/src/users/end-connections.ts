import { gatewayControlSocketPath } from '@hatchery/config';
import { predecessorSocketPath } from '@hatchery/daemon';
import type { Invocation } from '../command.ts';
import { findOldGateways } from '../service/old-parts.ts';
import { askGateway } from '../service/running-gateway.ts';
import { actor, askPart, NotRunningError } from '../service/running-service.ts';

/**
 * Makes every gateway, including those that finish after a restart, end a user's connections, or
 * only those of some keys, and forget the user's cached account. @throws when one cannot be
 * reached: its connections stay open
 */
export async function endConnections(
  invocation: Invocation,
  user: string,
  fingerprints: readonly string[] | null,
): Promise<void> {
  const { config, print, say } = invocation;
  const reason = String(invocation.options['reason']);
  const body = {
    actor: actor(invocation),
    reason,
    user,
    ...(fingerprints === null ? {} : { fingerprints }),
  };
  const old = await findOldGateways(config);
  const told = await Promise.allSettled([
    askGateway(config, 'POST', '/v1/disconnect', body).catch((error: unknown) => {
      if (!(error instanceof NotRunningError)) throw error;
      say(`user: ${error.message}; nobody is connected there`);
      return null;
    }),
    ...old.map(({ pid }) =>
      askPart(
        `old ssh gateway (pid ${pid})`,
        predecessorSocketPath(gatewayControlSocketPath(config), pid),
        'POST',
        '/v1/disconnect',
        body,
      ),
    ),
  ]);
  for (const answer of told)
    if (answer.status === 'fulfilled' && answer.value !== null)
      print(`${user}: ${(answer.value as { outcome: string }).outcome}\n`);
  const failure = told.find(({ status }) => status === 'rejected') as
    PromiseRejectedResult | undefined;
  if (failure !== undefined)
    throw new Error(`connections of ${user} may go on: ${(failure.reason as Error).message}`, {
      cause: failure.reason,
    });
}
