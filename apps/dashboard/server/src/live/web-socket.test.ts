// Long: one suite; its tests share one server and one way to connect.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket, type ClientOptions } from 'ws';
import { controlSocketPath } from '@hatchery/config';
import type { LiveMessage } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { aChild, aUsage, startFakeForker } from '../../test-support/fake-forker.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../test-support/running-dashboard.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import {
  liveClientsPerUserMax,
  livePayloadBytesMax,
  pingMs,
  requestsAtOnceMax,
} from '../limits.ts';

async function stage() {
  const directory = temporaryDirectory();
  const config = dashboardConfig(directory.path);
  const forker = await startFakeForker(controlSocketPath(config));
  const dashboard = await startDashboard(config, pageFixture(directory.path));
  return {
    forker,
    dashboard,
    [Symbol.asyncDispose]: async () => {
      await dashboard[Symbol.asyncDispose]();
      await forker[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

function dial(origin: string, options: ClientOptions = {}) {
  const url = origin.replace('http', 'ws');
  const socket = new WebSocket(`${url}/live`, { origin, ...options });
  const heard: LiveMessage[] = [];
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as LiveMessage));
  return { socket, heard, say: (request: unknown) => socket.send(JSON.stringify(request)) };
}

/** The status with which an upgrade is refused. */
async function refusal(
  origin: string,
  options: ClientOptions,
  path = '/live',
): Promise<number | undefined> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, { origin, ...options });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number },
  ];
  socket.terminate();
  return response.statusCode;
}

const newcomer = { type: 'resume', epoch: '', seq: 0, round: 0 };

test('a browser gets hello, a snapshot, then events and usage as they happen', async () => {
  await using running = await stage();
  const { socket, heard, say } = dial(running.dashboard.origin);
  await once(socket, 'open');
  say(newcomer);
  await until('a snapshot', () => heard.some((message) => message.type === 'snapshot'));
  running.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  running.forker.publish({ kind: 'child.usage', samples: [{ id: 'c1', usage: aUsage(5) }] });
  await until(
    'usage and a heartbeat',
    () =>
      heard.some(({ type }) => type === 'usage') && heard.some(({ type }) => type === 'heartbeat'),
  );
  const [hello] = heard;
  assert.ok(hello?.type === 'hello');
  assert.equal(hello.role, 'viewer');
  assert.ok(
    heard.some((message) => message.type === 'event' && message.event.kind === 'child.spawned'),
  );
  socket.close();
  await once(socket, 'close');
});

test('a browser that reconnects gets exactly what it missed', async () => {
  await using running = await stage();
  const first = dial(running.dashboard.origin);
  await once(first.socket, 'open');
  first.say(newcomer);
  await until('a heartbeat with the feed up', () =>
    first.heard.some((message) => message.type === 'heartbeat' && message.feed.up),
  );
  const stood = first.heard.findLast((message) => message.type === 'heartbeat');
  assert.ok(stood?.type === 'heartbeat');
  first.socket.terminate();
  running.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
  running.forker.publish({ kind: 'child.spawned', child: aChild('c2') });
  await until(
    'both are known',
    async () =>
      ((await (await running.dashboard.fetch('/api/state')).json()) as { children: unknown[] })
        .children.length === 2,
  );
  const second = dial(running.dashboard.origin);
  await once(second.socket, 'open');
  second.say({ type: 'resume', epoch: stood.epoch, seq: stood.seq, round: stood.round });
  await until('a heartbeat', () => second.heard.some((message) => message.type === 'heartbeat'));
  const told = second.heard.filter(({ type }) => type === 'event' || type === 'snapshot');
  assert.deepEqual(
    told.map((message) => message.type === 'event' && message.event.seq),
    [stood.seq + 1, stood.seq + 2],
  );
  second.socket.terminate();
});

test('an admin is told so', async () => {
  await using running = await stage();
  const cookie = await running.dashboard.signIn();
  const { socket, heard } = dial(running.dashboard.origin, { headers: { cookie } });
  await until('hello', () => heard.length > 0);
  assert.ok(heard[0]?.type === 'hello' && heard[0].role === 'admin');
  socket.terminate();
});

test('a page of another origin, or of none, is refused', async () => {
  await using running = await stage();
  const { origin } = running.dashboard;
  for (const foreign of [
    'http://evil.example',
    'null',
    origin.replace('http', 'https'),
    'http://localhost:1',
  ]) {
    assert.equal(await refusal(origin, { origin: foreign }), 403, foreign);
  }
  assert.equal(await refusal(origin, { origin: undefined }), 403);
});

test('a name that somebody pointed at this address is refused', async () => {
  await using running = await stage();
  const headers = { host: 'evil.example' };
  assert.equal(
    await refusal(running.dashboard.origin, { origin: 'http://evil.example', headers }),
    403,
  );
});

test('there is one stream', async () => {
  await using running = await stage();
  assert.equal(await refusal(running.dashboard.origin, {}, '/other'), 404);
});

for (const [name, words, code] of [
  ['nonsense', 'nonsense', 1008],
  ['an action', '{"type":"signal","id":"c1"}', 1008],
  ['bytes', Buffer.from('{}'), 1008],
  ['more than a position', 'x'.repeat(livePayloadBytesMax + 1), 1009],
] as const) {
  test(`a browser that says ${name} is closed with ${code}`, async () => {
    await using running = await stage();
    const { socket } = dial(running.dashboard.origin);
    await once(socket, 'open');
    socket.send(words);
    const [told] = (await once(socket, 'close')) as [number];
    assert.equal(told, code);
  });
}

test('a browser that stops reading is closed with 4008, and reads that when it reads again', async () => {
  await using running = await stage();
  const { socket, heard, say } = dial(running.dashboard.origin);
  await once(socket, 'open');
  say(newcomer);
  await until('a snapshot', () => heard.some((message) => message.type === 'snapshot'));
  socket.pause();
  const command = 'x'.repeat(256 * 1024);
  const tooSlow = async (): Promise<boolean> =>
    /slow_clients_total 1\n/.test(await (await running.dashboard.fetch('/metrics')).text());
  let number = 0;
  await until('the dashboard gives up on it', () => {
    for (let burst = 0; burst < 4; burst += 1)
      running.forker.publish({
        kind: 'child.spawned',
        child: aChild(`c${(number += 1)}`, { command }),
      });
    return tooSlow();
  });
  socket.resume();
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 4008);
});

test('a dashboard that stops says so, so that the browser dials the next one', async () => {
  await using running = await stage();
  const { socket } = dial(running.dashboard.origin);
  await once(socket, 'open');
  running.dashboard.part.stop(false);
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 1001);
  await running.dashboard.part.finished;
});

test('one user may open a limited number of pages, and another when one closes', async () => {
  await using running = await stage();
  const { origin } = running.dashboard;
  const pages = Array.from({ length: liveClientsPerUserMax }, () => dial(origin).socket);
  await Promise.all(pages.map((page) => once(page, 'open')));
  assert.equal(await refusal(origin, {}), 429);
  const admin = dial(origin, { headers: { cookie: await running.dashboard.signIn() } });
  await once(admin.socket, 'open');
  pages[0]?.terminate();
  await until('a place is free', async () => {
    const { socket } = dial(origin);
    return Promise.race([
      once(socket, 'open').then(() => true),
      once(socket, 'error').then(() => false),
    ]);
  });
  for (const page of [...pages, admin.socket]) page.terminate();
});

test('a browser that does not answer pings is cut off; one that does stays connected', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  await using running = await stage();
  const [deaf, well] = [
    dial(running.dashboard.origin, { autoPong: false }),
    dial(running.dashboard.origin),
  ];
  await Promise.all([once(deaf.socket, 'open'), once(well.socket, 'open')]);
  const cut = once(deaf.socket, 'close');
  const pinged = [once(deaf.socket, 'ping'), once(well.socket, 'ping')];
  context.mock.timers.tick(pingMs);
  await Promise.all(pinged);
  // When the answer to its later message has arrived, so has its pong.
  well.say(newcomer);
  await until('an answer', () => well.heard.some(({ type }) => type === 'snapshot'));
  context.mock.timers.tick(pingMs);
  const [code] = (await cut) as [number];
  assert.equal(code, 1006);
  assert.equal(well.socket.readyState, WebSocket.OPEN);
  well.socket.terminate();
});

test('a user who sends requests without end has to wait, and other users do not', async () => {
  await using running = await stage();
  const cookie = await running.dashboard.signIn();
  let refused: Response | null = null;
  for (let number = 0; number < 3 * requestsAtOnceMax && refused === null; number += 1) {
    const response = await running.dashboard.fetch('/metrics');
    if (response.status === 429) refused = response;
    else await response.text();
  }
  assert.equal(refused?.headers.get('retry-after'), '5');
  assert.match(await (refused?.text() ?? ''), /Too many requests of one user/);
  assert.equal((await running.dashboard.fetch('/metrics', { headers: { cookie } })).status, 200);
  assert.equal((await running.dashboard.fetch('/healthz')).status, 200);
});
