import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import type { Event } from '@hatchery/events';
import { RawClient, temporaryDirectory } from '@hatchery/testkit';
import { ServiceBench } from '../children/forking/service.test-support.ts';
import { Leftovers } from '../leftovers/leftovers.ts';
import { LockService } from '../locks/lock-service.ts';
import { describeLoad } from '../load.ts';
import { ReadOnlySwitch } from '../read-only/read-only-switch.ts';
import { RefusalLog } from '../requests/refusal-log.ts';
import { createControlServer } from './control-server.ts';

/** Who acts, and why. */
export const who = { actor: 'ops', reason: 'runaway' };

/** A control socket over a bench. */
export interface Control {
  readonly bench: ServiceBench;
  readonly path: string;
  /** Everything published since the control server was made. */
  readonly published: Event[];
  post(path: string, body?: unknown): Promise<unknown>;
}

/** Plays a story on a control socket of its own. */
export async function withControl(story: (control: Control) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  using bench = new ServiceBench();
  const path = join(directory.path, 'control.sock');
  const { service, events, log } = bench;
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  mkdirSync(config.hosting.root);
  using locks = new LockService({ config, log, events, service });
  const refusals = new RefusalLog(log);
  using leftovers = new Leftovers({
    root: config.hosting.root,
    hasSession: () => false,
    log,
    now: () => Date.now(),
  });
  const server = createControlServer({
    service,
    locks,
    leftovers,
    readOnly: new ReadOnlySwitch(config),
    events,
    log,
    status: () => ({ uptimeS: 1 }),
    load: () =>
      describeLoad({ service, refusals, leftovers, childrenMax: 5, keeperPid: () => null }),
    outage: () => null,
    leave: () => bench.service.intake.beginLeave(),
    handOver: (pid) => (pid === 7 ? Promise.resolve() : Promise.reject(new StartError('no offer'))),
  });
  server.listen(path);
  await once(server, 'listening');
  const published: Event[] = [];
  using _subscription = events.subscribe(null, (message) => {
    if (message.type === 'event') published.push(message.event);
  });
  try {
    await story({
      bench,
      path,
      published,
      post: (where, body = who) => controlRequest(path, 'POST', where, body),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The kind of each event, and what the audit needs to know. */
export function audit(events: readonly Event[]): unknown[] {
  return events.map((event) => {
    if (event.kind === 'action.requested')
      return [event.kind, event.actor, event.verb, event.target, event.reason];
    return event.kind === 'action.done' ? [event.kind, event.outcome] : event.kind;
  });
}

/** Sends an HTTP request as given; the whole answer. */
export async function raw(path: string, text: string): Promise<string> {
  using client = await RawClient.connect(path);
  client.send(text);
  return await client.readToEnd();
}
