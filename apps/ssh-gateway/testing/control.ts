import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RunningSession } from '@hatchery/events';
import { within } from '@hatchery/testkit';
import type { Stand } from './stand.ts';

/** The answer of the control socket. */
export interface ControlAnswer {
  readonly status: number;
  readonly text: string;
}

/** One request to a gateway's control socket, or to its port for health and metrics. */
export function ask(
  to: { socketPath: string } | { host: string; port: number },
  path: string,
  body?: object,
): Promise<ControlAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ControlAnswer>();
  const method = body === undefined ? 'GET' : 'POST';
  request({ ...to, path, method, agent: false }, (response) => {
    text(response).then(
      (said) => resolve({ status: response.statusCode ?? 0, text: said }),
      reject,
    );
  })
    .on('error', reject)
    .end(body === undefined ? undefined : JSON.stringify(body));
  return within(`the answer to ${path}`, promise);
}

/** The address of a stand's control socket. */
export function controlOf(stand: Stand): { socketPath: string } {
  return { socketPath: join(stand.directory, 'gateway.sock') };
}

/** The gateway's state and its sessions. */
export async function stateOf(stand: Stand): Promise<{
  readonly state: string;
  readonly drainDeadline: string | null;
  readonly ready: number;
  readonly sessions: readonly RunningSession[];
}> {
  return JSON.parse((await ask(controlOf(stand), '/v1/state')).text) as Awaited<
    ReturnType<typeof stateOf>
  >;
}

/**
 * The value of one series of the gateway's metrics, named as `name{label="value"}`; null when there
 * is none.
 */
export async function metricOf(stand: Stand, series: string): Promise<number | null> {
  const { text: said } = await ask(controlOf(stand), '/metrics');
  const line = said.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}
