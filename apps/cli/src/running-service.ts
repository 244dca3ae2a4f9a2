import { userInfo } from 'node:os';
import { controlSocketPath, type Config } from '@hatchery/config';
import { ControlError, controlRequest } from '@hatchery/event-feed';
import type { View } from '@hatchery/events';
import type { Terminal } from './terminal.ts';
import type { ZygoteHealth } from './zygote-trouble.ts';

/** What the fork service says of itself. */
export interface ServiceState {
  readonly version: string;
  readonly view: View;
  readonly keeper: { readonly pid: number | null };
  /** Why, since when and on whose word nothing is written; null when changes are taken. */
  readonly readOnly: { readonly reason: string; readonly since: string; readonly actor: string } | null;
  /** Absent from a service of an older version. */
  readonly zygote?: ZygoteHealth;
}

/**
 * Asks the running fork service.
 * @throws {ControlError} when it refuses
 * @throws an Error that says how to start one when none runs, or who may ask when we may not
 */
export async function askService(
  config: Config,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const socket = controlSocketPath(config);
  try {
    return await controlRequest(socket, method, path, body);
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw new Error(hindrance(socket, error as NodeJS.ErrnoException), { cause: error });
  }
}

/** The fork service's state. @throws as {@link askService} */
export async function serviceState(config: Config): Promise<ServiceState> {
  return (await askService(config, 'GET', '/v1/state')) as ServiceState;
}

/** Who acts, for the audit: the account, and behind sudo the person. */
export function actor({ environment }: Pick<Terminal, 'environment'>): string {
  const account = accountName();
  const person = process.getuid?.() === 0 ? environment['SUDO_USER'] : undefined;
  return `${person ?? account} (cli)`;
}

function hindrance(socket: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES' || code === 'EPERM')
    return `${socket} is not for this user; run it with sudo, or as the user that the service runs as`;
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return `no fork service answers on ${socket} (${code}); start one with ./hatchery up, or name another with --state-dir`;
  return `the fork service on ${socket} gives no answer (${message}); its log tells why`;
}

/** The environment's USER can say anything. An account without a name, as in some containers, is its number. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
