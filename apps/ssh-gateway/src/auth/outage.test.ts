import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { makeKey, run, serveLine, sshArguments, type ClientResult } from '../../testing/clients.ts';
import { sshPrograms } from '../../testing/ssh-programs.ts';
import { Stand } from '../../testing/stand.ts';

/** Sent as a banner; the client then prints its own "Permission denied". */
const notice = 'hatchery: sign-in is temporarily unavailable; try again in a minute';

/** A service that knows alice's keys and no others. */
class KeyService implements AsyncDisposable {
  status = 200;
  aliceLine = '';
  readonly #server: Server;

  static async start(): Promise<KeyService> {
    const server = createServer(({ url }, response) => {
      const keys = url === '/alice' ? [service.aliceLine] : [];
      response.writeHead(service.status).end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    const service = new KeyService(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return service;
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/{user}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A gateway that has cached alice, and whose key service is out of order from now on. */
async function outage(outageS = 900) {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await KeyService.start());
  const unset = { tokenFile: null, command: null, teamsCommand: null };
  const keyLookup = {
    source: 'http',
    url: service.url,
    ...unset,
    timeoutS: 20,
    cacheS: 0,
    outageS,
  } as const;
  const usersDirectory = stack.use(temporaryDirectory()).path;
  const stand = stack.use(await Stand.open({ ssh: { usersDirectory, keyLookup } }));
  service.aliceLine = readFileSync(`${stand.alice.key}.pub`, 'utf8').trim();
  const signIn = (user: string, key: string, ...keys: readonly string[]): Promise<ClientResult> => {
    const others = keys.flatMap((other) => ['-i', other]);
    return run(
      '/usr/bin/ssh',
      [...sshArguments({ ...stand.alice, user, key }, others), serveLine],
      '',
    );
  };
  assert.equal((await signIn('alice', stand.alice.key)).code, 0);
  const stranger = await signIn('bob', stand.alice.key);
  assert.match(stranger.stderr, /Permission denied \(publickey\)/);
  assert.doesNotMatch(stranger.stderr, /unavailable/);
  service.status = 503;
  const held = stack.move();
  return { stand, service, signIn, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

test('during a key outage a known user can sign in, also when the agent offers another key first', async () => {
  await using own = await outage();
  const { stand, signIn } = own;
  const other = makeKey(stand.directory, 'other');
  assert.equal((await signIn('alice', stand.alice.key)).code, 0);
  const { code, stderr } = await signIn('alice', other, stand.alice.key);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(notice));
});

test('with key_lookup_outage_s = 0 an outage admits nobody from the cache, so a removed key stops working in time', async () => {
  await using own = await outage(0);
  const { stand, service, signIn } = own;
  const { code, stderr } = await signIn('alice', stand.alice.key);
  assert.equal(code, 255);
  assert.ok(stderr.startsWith(`${notice}\r\n`), stderr);
  service.status = 200;
  assert.equal((await signIn('alice', stand.alice.key)).code, 0);
});

test('during an outage a stranger, and a known user with a wrong key, read the same reason, which does not tell them apart', async () => {
  await using own = await outage();
  const { stand, signIn } = own;
  const other = makeKey(stand.directory, 'other');
  const refusals = (user: string) =>
    stand.log
      .named('sign-in refused')
      .map(({ fields }) => fields)
      .filter(({ lastRefusal }) => (lastRefusal as { user: string }).user === user);
  const told = async (user: string): Promise<string> => {
    const { code, stderr } = await signIn(user, other);
    assert.equal(code, 255);
    await until(
      `the end of ${user} is logged`,
      () => refusals(user).at(-1)?.['cause'] === 'keys-unavailable',
    );
    return stderr.replaceAll(user, 'USER');
  };
  const known = await told('alice');
  assert.ok(known.startsWith(`${notice}\r\n`), known);
  assert.match(known, /Permission denied \(publickey\)/);
  assert.equal(await told('bob'), known);
  assert.ok(
    stand.log
      .named('authorized keys partly ignored')
      .some(({ fields }) => fields['reason'] === 'it answered 503'),
  );
  assert.equal(stand.log.named('sign-in unavailable').length, 2, 'once a connection');
});

test('during an outage the failure after too many keys names the outage, for every user', async () => {
  await using own = await outage();
  const { stand, signIn } = own;
  const [first = '', ...others] = Array.from({ length: 6 }, (_, number) =>
    makeKey(stand.directory, `key${number}`),
  );
  for (const user of ['alice', 'bob']) {
    const { stderr } = await signIn(user, first, ...others);
    // 7 is RFC 4253's SSH_DISCONNECT_SERVICE_NOT_AVAILABLE.
    assert.match(stderr, new RegExp(`:7: ${notice}`));
    assert.equal(
      stderr.split(notice).length - 1,
      2,
      'once when it was found out, once as the goodbye',
    );
    assert.doesNotMatch(stderr, /Too many authentication failures/);
  }
});

test('once keys can be looked up again, a refusal is an ordinary one', async () => {
  await using own = await outage();
  const { stand, service, signIn } = own;
  const other = makeKey(stand.directory, 'other');
  service.status = 200;
  for (const user of ['alice', 'bob']) {
    const { stderr } = await signIn(user, other);
    assert.match(stderr, /Permission denied \(publickey\)/);
    assert.doesNotMatch(stderr, /unavailable/);
  }
});

// PuTTY's plink shows a banner only in verbose mode; paramiko leaves it to the program.
for (const name of ['OpenSSH', 'dbclient'] as const)
  test(`${name} shows its user that sign-in is unavailable`, async () => {
    await using own = await outage();
    const { stand } = own;
    const bob = { ...stand.alice, user: 'bob' };
    const client = sshPrograms(bob, join(stand.directory, 'host.pub')).find(
      (one) => one.name === name,
    );
    assert.ok(client !== undefined);
    const { code, stdout, stderr } = await run(client.program, [...client.argv, serveLine], '');
    assert.notEqual(code, 0);
    assert.match(`${stdout.toString()}${stderr}`, new RegExp(notice));
  });
