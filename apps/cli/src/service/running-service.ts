import { userInfo } from 'node:os';
import { controlSocketPath, type Config } from '@hatchery/config';
import { ControlError, controlRequest } from '@hatchery/event-feed';
import type { Confinement } from '@hatchery/daemon';
import type { ForkerLoad, View, ZygoteHealth } from '@hatchery/events';
import { readAnswerMsMax } from '../limits.ts';
import type { PartName } from './part.ts';
import { whyNoAnswer } from './records.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What the fork service says of itself. */
export interface ServiceState {
  readonly version: string;
  readonly view: View;
  readonly keeper: {
    readonly pid: number | null;
    readonly readySince: string | null;
    readonly trouble: string | null;
  };
  /** Why, since when and on whose word nothing is written; null when changes are taken. */
  readonly readOnly: {
    readonly reason: string;
    readonly since: string;
    readonly actor: string;
  } | null;
  readonly zygote: ZygoteHealth;
  readonly confinement: Confinement;
}

/** No part of that kind runs on this state directory. */
export class NotRunningError extends Error {
  readonly code = 'not_running';
  readonly fault = 'client';
  /**
   * The message says what to do; otherwise that is to start one, by words that the command knows.
   */
  readonly isAdvised: boolean;

  constructor(
    message: string,
    { isAdvised = false, ...options }: ErrorOptions & { isAdvised?: boolean } = {},
  ) {
    super(message, options);
    this.isAdvised = isAdvised;
  }
}

/** Asks the running fork service. @throws as {@link askPart} */
export async function askService(
  config: Config,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs?: number,
): Promise<unknown> {
  const socket = controlSocketPath(config);
  const asked = askPart('fork service', socket, method, path, body, timeoutMs);
  return asked.catch((error: unknown) => explainAbsence(config, 'forker', socket, error));
}

/**
 * Adds what the records tell of a part that gives no answer. @throws always: {@link
 * NotRunningError} only of one that does not run
 */
export function explainAbsence(
  config: Config,
  name: PartName,
  socket: string,
  error: unknown,
): never {
  const why = error instanceof NotRunningError ? whyNoAnswer(config, name, socket) : null;
  if (why === null) throw error;
  const message = `the ${name === 'forker' ? 'fork service' : 'ssh gateway'} ${why.words}`;
  throw why.runs
    ? new Error(message, { cause: error })
    : new NotRunningError(message, { cause: error, isAdvised: true });
}

/**
 * Asks a running part on its control socket; `part` is its name for a person.
 * @throws {ControlError} when it refuses
 * @throws {NotRunningError} that says how to start one when none runs
 * @throws an Error that says who may ask when we may not
 */
export async function askPart(
  part: string,
  socket: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs?: number,
): Promise<unknown> {
  try {
    const patienceMs = timeoutMs ?? (method === 'GET' ? readAnswerMsMax : undefined);
    return await controlRequest(socket, method, path, body, patienceMs);
  } catch (error) {
    if (error instanceof ControlError) throw error;
    throw hindrance(part, socket, error as NodeJS.ErrnoException);
  }
}

/** The fork service's state. @throws as {@link askPart} */
export async function serviceState(config: Config, timeoutMs?: number): Promise<ServiceState> {
  return (await askService(config, 'GET', '/v1/state', undefined, timeoutMs)) as ServiceState;
}

/** How full the fork service is; null when it does not tell. */
export async function serviceLoad(config: Config): Promise<ForkerLoad | null> {
  return (await askService(config, 'GET', '/v1/load').catch(() => null)) as ForkerLoad | null;
}

/** Who acts, for the audit: the account, and behind sudo the person. */
export function actor({ environment }: Pick<Terminal, 'environment'>): string {
  const account = accountName();
  const person = process.getuid?.() === 0 ? environment['SUDO_USER'] : undefined;
  return `${person ?? account} (cli)`;
}

function hindrance(part: string, socket: string, cause: NodeJS.ErrnoException): Error {
  const { code, message } = cause;
  if (code === 'EACCES' || code === 'EPERM')
    return new Error(
      `${socket} is not for this user; run it with sudo, or as the user that the service runs as`,
      {
        cause,
      },
    );
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return new NotRunningError(`no ${part} answers on ${socket} (${code})`, { cause });
  return new Error(`the ${part} on ${socket} gives no answer (${message}); its log tells why`, {
    cause,
  });
}

/**
 * The environment's USER can say anything. An account without a name, as in some containers, is its
 * number.
 */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
