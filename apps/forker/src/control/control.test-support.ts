import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@hatchery/config';
import { controlRequest } from '@hatchery/event-feed';
import { StartError } from '@hatchery/daemon';
import type { Event } from '@hatchery/events';
import { temporaryDirectory } from '@hatchery/testkit';
import { ServiceBench } from '../children/service.test-support.ts';
import { LockService } from '../locks/lock-service.ts';
import { ReadOnlySwitch } from '../read-only/read-only-switch.ts';
import { createControlServer } from './control-server.ts';

/** Whoever acts in these tests. */
export const who = { actor: 'ops', reason: 'runaway' };

/** A control server over a fork service whose keeper only writes down what it is asked. */
export interface Control {
  readonly bench: ServiceBench;
  readonly path: string;
  /** Everything published since the control server was made. */
  readonly published: Event[];
  post(path: string, body?: unknown): Promise<unknown>;
}

/** Runs `story` with one that listens, and closes it. */
export async function withControl(story: (control: Control) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  using bench = new ServiceBench();
  const path = join(directory.path, 'control.sock');
  const { service, events, log } = bench;
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  mkdirSync(config.hosting.root);
  using locks = new LockService({ config, log, events, service });
  const server = createControlServer({
    service,
    locks,
    readOnly: new ReadOnlySwitch(config),
    events,
    log,
    status: () => ({ uptimeS: 1 }),
    leave: () => bench.service.beginLeave(),
    handOver: (pid) => (pid === 7 ? Promise.resolve() : Promise.reject(new StartError('no offer'))),
  });
  server.listen(path);
  await once(server, 'listening');
  const published: Event[] = [];
  using _subscription = events.subscribe(null, (message) => {
    if (message.type === 'event') published.push(message.event);
  });
  try {
    await story({ bench, path, published, post: (where, body = who) => controlRequest(path, 'POST', where, body) });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
