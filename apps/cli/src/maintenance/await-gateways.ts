import { waitFor } from '@hatchery/waiting';
import type { Config } from '@hatchery/config';
import type { Invocation } from '../command.ts';
import { followLookMs, followMsMax } from '../limits.ts';
import { findOldGateways } from '../service/old-parts.ts';
import { gatewayState, type GatewayState } from '../service/running-gateway.ts';
import { serviceState } from '../service/running-service.ts';

/**
 * Resolves when every gateway that answers does what the fork service says of its drain, so that
 * the next command finds it so. They follow the feed of the fork service by themselves, within
 * milliseconds; one that cannot is named. Returns the deadline of the drain, RFC 3339; null when
 * nothing drains.
 */
export async function awaitGateways({ config, say }: Invocation): Promise<string | null> {
  const { draining, drainDeadline } = (await serviceState(config)).view;
  const wanted = draining ? (drainDeadline ?? null) : null;
  const follow = await waitFor(() => allFollow(config, wanted), {
    everyMs: followLookMs,
    forMs: followMsMax,
  });
  if (follow === null)
    say('an ssh gateway does not follow yet; it does when it hears the fork service again');
  return wanted;
}

/** `deadline` is that of the drain, RFC 3339; null when nothing drains. */
async function allFollow(config: Config, deadline: string | null): Promise<boolean> {
  const [serving, old] = await Promise.all([
    gatewayState(config).catch(() => null),
    findOldGateways(config),
  ]);
  if (serving !== null && !follows(serving, deadline)) return false;
  if (deadline === null) return true;
  // Without a drain an old gateway has a deadline of its own.
  return old.every(
    ({ state }) => state === null || state instanceof Error || follows(state, deadline),
  );
}

function follows({ state, drainDeadline }: GatewayState, deadline: string | null): boolean {
  return deadline === null ? state !== 'draining' : drainDeadline === deadline;
}
