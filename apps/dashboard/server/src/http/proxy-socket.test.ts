import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, type Config } from '@hatchery/config';
import { createLogger, ownRecord, writePartRecord, type Part } from '@hatchery/daemon';
import { createDashboard } from '../dashboard.ts';
import { pageFixture } from '../../test-support/page-fixture.ts';
import { dashboardConfig, temporaryDirectory } from '../../test-support/running-dashboard.ts';
import { Visitor } from '../../test-support/visitor.ts';

const { proxy } = loadConfig({ directory: '/nowhere' }).dashboard;
const origin = 'https://hatchery.example';
const headers = { 'x-forwarded-user': 'root' };

function configAt(directory: string, socket: string): Config {
  const roles = { admins: ['root'], operators: [], viewers: [] };
  const changes = { auth: 'proxy', roles, origins: [origin], proxy: { ...proxy, socket } } as const;
  return dashboardConfig(directory, changes);
}

/** A dashboard, on record as `runPart` would have it. */
async function start(
  config: Config,
  page: string,
  options: Readonly<Record<string, string>> = {},
): Promise<Part> {
  const part = await createDashboard(
    { config, log: createLogger('dashboard', config.log), options },
    page,
  );
  writePartRecord(config, ownRecord('dashboard', part.details));
  return part;
}

const stop = async (part: Part): Promise<void> => {
  part.stop(true);
  await part.finished;
};

test('a successor takes the proxy’s socket over, and every request of the proxy is answered meanwhile', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'proxy.sock');
  const config = configAt(directory.path, socket);
  const page = pageFixture(directory.path);
  const ask = async (): Promise<number> =>
    (await new Visitor({ 'hatchery.example': socket }).visit(`${origin}/api/session`, { headers }))
      .status;
  const old = await start(config, page);
  const asked: Promise<number>[] = [];
  const stream = setInterval(() => asked.push(ask()), 2);
  try {
    const next = await start(config, page, { overlap: 'yes' });
    await stop(old);
    assert.equal(await ask(), 200);
    assert.equal(statSync(socket).mode & 0o777, 0o660);
    clearInterval(stream);
    assert.ok(asked.length > 0);
    assert.deepEqual([...new Set(await Promise.all(asked))], [200]);
    await stop(next);
    assert.ok(!existsSync(socket));
  } finally {
    clearInterval(stream);
  }
});

test('a successor that does not come up, or ends first, gives the socket back', async () => {
  using directory = temporaryDirectory();
  const socket = join(directory.path, 'proxy.sock');
  const config = configAt(directory.path, socket);
  const page = pageFixture(directory.path);
  const visitor = new Visitor({ 'hatchery.example': socket });
  const status = async (): Promise<number> =>
    (await visitor.visit(`${origin}/api/session`, { headers })).status;
  const old = await start(config, page);
  const nowhere = {
    ...config,
    dashboard: { ...config.dashboard, listen: { host: '192.0.2.1', port: 1 } },
  };
  await assert.rejects(
    start(nowhere, page, { overlap: 'yes' }),
    /is not an address of this machine/,
  );
  assert.equal(await status(), 200);
  const next = await start(config, page, { overlap: 'yes' });
  await stop(next);
  assert.equal(await status(), 200);
  assert.deepEqual(
    readdirSync(directory.path).filter((name) => name.includes('sock')),
    ['proxy.sock'],
  );
  await stop(old);
});

test('a successor told of another socket does not take it from the program that has it', async () => {
  using directory = temporaryDirectory();
  const page = pageFixture(directory.path);
  const old = await start(configAt(directory.path, join(directory.path, 'proxy.sock')), page);
  const socket = join(directory.path, 'other.sock');
  const squatter = createServer().listen(socket);
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { ino } = statSync(socket);
  await assert.rejects(
    start(configAt(directory.path, socket), page, { overlap: 'yes' }),
    /^StartError: cannot listen on proxy_socket under \[dashboard\], .*other\.sock: a running service answers there/,
  );
  assert.equal(statSync(socket).ino, ino);
  squatter.close();
  await stop(old);
});
