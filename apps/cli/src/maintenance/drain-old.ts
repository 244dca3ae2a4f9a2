import { gatewayControlSocketPath } from '@hatchery/config';
import { predecessorSocketPath } from '@hatchery/daemon';
import { exitDone, exitFailed, type Invocation } from '../command.ts';
import { findOldGateways } from '../service/old-parts.ts';
import { askPart } from '../service/running-service.ts';

/**
 * Gives the sessions of gateways that a restart has replaced a deadline, or takes it back; the exit
 * code. Whoever serves now hears nothing of it. One that cannot be told is named, and the others
 * are told all the same.
 */
export async function tellOldGateways(
  { config, print, say }: Invocation,
  verb: 'drain' | 'undrain',
  body: {
    readonly actor: string;
    readonly reason: string;
    readonly deadlineS?: number | undefined;
  },
): Promise<number> {
  const gateways = await findOldGateways(config);
  if (gateways.length === 0) print('no old ssh gateway runs\n');
  const told = gateways.map(async ({ pid }) => {
    const socket = predecessorSocketPath(gatewayControlSocketPath(config), pid);
    const { outcome } = (await askPart('old ssh gateway', socket, 'POST', `/v1/${verb}`, body)) as {
      outcome: string;
    };
    print(`old ssh-gateway (pid ${pid}): ${outcome}\n`);
  });
  const failures = (await Promise.allSettled(told)).filter(({ status }) => status === 'rejected');
  for (const failure of failures as PromiseRejectedResult[]) say((failure.reason as Error).message);
  return failures.length === 0 ? exitDone : exitFailed;
}
