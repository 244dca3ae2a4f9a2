import { controlSocketPath, type Config } from '@hatchery/config';
import { ControlError, controlRequest } from '@hatchery/event-feed';
import type { View } from '@hatchery/events';

/** What the fork service says of itself. */
export interface ServiceState {
  readonly version: string;
  readonly view: View;
  readonly keeper: { readonly pid: number | null };
}

/** Asks the running fork service. @throws an Error that says how to start one when none runs */
export async function askService(
  config: Config,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  try {
    return await controlRequest(controlSocketPath(config), method, path, body);
  } catch (error) {
    if (error instanceof ControlError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new Error(
      `no fork service answers on ${controlSocketPath(config)} (${reason}); start one with ./hatchery up`,
      {
        cause: error,
      },
    );
  }
}

export async function serviceState(config: Config): Promise<ServiceState> {
  return (await askService(config, 'GET', '/v1/state')) as ServiceState;
}

/** Who acts, for the audit. */
export function actor(): string {
  return `${process.env['SUDO_USER'] ?? process.env['USER'] ?? `uid ${process.getuid?.() ?? '?'}`} (cli)`;
}
