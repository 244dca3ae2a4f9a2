import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config } from '@hatchery/config';
import { until } from '@hatchery/testkit';
import { origin } from '../../../test-support/behind-proxy.ts';
import { heardLog } from '../../../test-support/heard-log.ts';
import { startProvider } from '../../../test-support/open-id-provider.ts';
import { pageFixture } from '../../../test-support/page-fixture.ts';
import {
  dashboardConfig,
  startDashboard,
  temporaryDirectory,
} from '../../../test-support/running-dashboard.ts';
import { roleOf } from '../../../test-support/signed-by-provider.ts';
import { Visitor } from '../../../test-support/visitor.ts';

const roles = { admins: ['root'], operators: ['group:ops'], viewers: [] };

/**
 * A dashboard with a provider, the browser of the signed-in operator `bo`, and a function to
 * restart the dashboard.
 */
async function stage(changes: Partial<Config['dashboard']> = {}) {
  await using stack = new AsyncDisposableStack();
  const there = stack.use(await startProvider({ origin }));
  there.accounts.set('2', { name: 'bo', groups: ['ops'] });
  there.visitor = '2';
  const directory = stack.use(temporaryDirectory()).path;
  const secretFile = join(directory, 'secret');
  writeFileSync(secretFile, there.clientSecret, { mode: 0o600 });
  const { log } = heardLog();
  const start = (port: number, more: Partial<Config['dashboard']> = {}) =>
    startDashboard(
      dashboardConfig(directory, {
        auth: 'oidc',
        origins: [origin],
        roles,
        listen: { host: '127.0.0.1', port },
        sessionRecheckS: 86_400,
        oidc: {
          issuer: there.issuer,
          clientId: there.clientId,
          clientSecretFile: secretFile,
          scopes: ['openid', 'profile', 'groups'],
          userClaim: 'preferred_username',
          groupsClaim: 'groups',
        },
        ...changes,
        ...more,
      }),
      pageFixture(directory),
      log,
    );
  let here = await start(0);
  stack.defer(() => here[Symbol.asyncDispose]());
  const visitor = new Visitor({ 'hatchery.example': here.port });
  await visitor.visit(`${origin}/sign-in`);
  assert.equal(await roleOf(visitor), 'operator');
  const held = stack.move();
  return {
    there,
    directory,
    visitor,
    restart: async (more: Partial<Config['dashboard']> = {}) => {
      const { port } = here;
      await here[Symbol.asyncDispose]();
      here = await start(port, more);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

test('a user who signed in at the provider stays signed in over a restart, and the provider can end that', async () => {
  await using running = await stage();
  await running.restart({ sessionRecheckS: 0.1 });
  assert.equal(await roleOf(running.visitor), 'operator');
  running.there.accounts.set('2', { name: 'bo', groups: [] });
  await until('the role has changed', async () => (await roleOf(running.visitor)) === 'viewer');
  await running.restart({ sessionRecheckS: 0.1 });
  assert.equal(await roleOf(running.visitor), 'viewer');
  running.there.accounts.delete('2');
  await until('the session is over', async () => (await roleOf(running.visitor)) === 401);
  await running.restart();
  assert.equal(await roleOf(running.visitor), 401);
});

test('a user who signed out stays signed out over a restart', async () => {
  await using running = await stage();
  const cookies = running.visitor.cookies('hatchery.example');
  await running.visitor.visit(`${origin}/sign-out`, { method: 'POST', headers: { origin } });
  await running.restart();
  const [name = '', value = ''] = cookies.split(/=(.*)/s);
  running.visitor.setCookie('hatchery.example', name, value);
  assert.equal(await roleOf(running.visitor), 401);
});

test('a restart with changed roles requires everybody to sign in again', async () => {
  await using running = await stage();
  await running.restart({ roles: { ...roles, operators: [] } });
  assert.equal(await roleOf(running.visitor), 401);
});

test('the file that outlives the process contains neither cookie nor tokens', async () => {
  await using running = await stage();
  const place = join(running.directory, 'dashboard');
  const kept = ['sign-in.db', 'sign-in.db-wal']
    .map((file) => readFileSync(join(place, file), 'latin1'))
    .join('');
  assert.match(kept, /bo/);
  const [, secret = ''] = running.visitor.cookies('hatchery.example').split(/=(.*)/s);
  // An ID token is three parts of base64url; the first starts like this.
  for (const hidden of [secret, 'eyJ', 'refreshToken', 'accessToken'])
    assert.ok(hidden !== '' && !kept.includes(hidden), hidden);
});
