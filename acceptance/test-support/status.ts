import { json } from 'node:stream/consumers';
import { get } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { assertDone } from './outcome.ts';
import type { Instance } from './instance.ts';
import { until } from './run.ts';

/** A part that a restart has replaced, as in `status --json`. */
export interface OldPart {
  readonly name: string;
  readonly pid: number;
  readonly state: string;
  readonly sessions: number | null;
  readonly drainDeadline: string | null;
}

/** The fields of `status --json` that the stories use. */
export interface Status {
  readonly parts: readonly {
    readonly name: string;
    readonly pid: number;
    readonly state: string;
  }[];
  readonly oldParts: readonly OldPart[];
  readonly draining: boolean;
  readonly drainDeadline: string | null;
}

/** The status that the service reports, whatever the exit code. */
export async function statusOf(instance: Instance): Promise<Status> {
  return JSON.parse((await instance.hatchery('status', '--json')).stdout) as Status;
}

/** Pids of the old parts of that name, the oldest first. */
export function oldPids({ oldParts }: Status, name: string): number[] {
  return oldParts.filter((part) => part.name === name).map(({ pid }) => pid);
}

/** Resolves when the old page has gone too, which nothing delays. */
export async function restart(instance: Instance): Promise<void> {
  assertDone(await instance.hatchery('restart'));
  await until(
    'the old page to go',
    async () => oldPids(await statusOf(instance), 'dashboard').length === 0,
  );
}

/**
 * What the gateway that serves says of itself: it drains by itself, whatever the fork service
 * refuses.
 */
export async function gatewayDrain(
  instance: Instance,
): Promise<[state: string, deadline: string | null]> {
  const state = await stateOf<{ readonly state: string; readonly drainDeadline: string | null }>(
    instance,
    'gateway',
  );
  return [state.state, state.drainDeadline];
}

/** A part's own state, from its control socket. */
export async function stateOf<T>(instance: Instance, socket: 'gateway' | 'control'): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<Readable>();
  const socketPath = join(instance.directory, 'run', `${socket}.sock`);
  get({ socketPath, path: '/v1/state', agent: false }, resolve).on('error', reject);
  return (await json(await promise)) as T;
}
