import { gatewayControlSocketPath, type Config } from '@hatchery/config';
import type { RunningSession } from '@hatchery/events';
import { askPart, explainAbsence } from './running-service.ts';

/** What the ssh gateway says of itself. */
export interface GatewayState {
  readonly state: 'open' | 'draining' | 'stopping';
  /** RFC 3339; null unless it takes nothing new. */
  readonly drainingSince: string | null;
  /** When clients that are still there are disconnected, RFC 3339; null unless it drains. */
  readonly drainDeadline: string | null;
  readonly sessions: readonly RunningSession[];
  /** Open connections, with a session or without. */
  readonly connections: number;
}

/** The state of the running ssh gateway. @throws as {@link askPart} */
export async function gatewayState(config: Config): Promise<GatewayState> {
  return (await askGateway(config, 'GET', '/v1/state')) as GatewayState;
}

/** Asks the running ssh gateway. @throws as {@link askPart} */
export async function askGateway(
  config: Config,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs?: number,
): Promise<unknown> {
  const socket = gatewayControlSocketPath(config);
  const asked = askPart('ssh gateway', socket, method, path, body, timeoutMs);
  return asked.catch((error: unknown) => explainAbsence(config, 'ssh-gateway', socket, error));
}
