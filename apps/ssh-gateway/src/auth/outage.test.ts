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

/** Told as a banner: what follows is the client's own "Permission denied". */
const notice = 'hatchery: sign-in is temporarily unavailable; try again in a minute';

/** A service that knows the keys of alice and of nobody else. */
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

/** A gateway to which alice is known, and whose service of keys is out of order from now on. */
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

test('in an outage of the keys who is known goes on, also when the agent has another key first', async () => {
  await using own = await outage();
  const { stand, signIn } = own;
  const other = makeKey(stand.directory, 'other');
  assert.equal((await signIn('alice', stand.alice.key)).code, 0);
  const { code, stderr } = await signIn('alice', other, stand.alice.key);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(notice));
});

test('with key_lookup_outage_s = 0 an outage lets nobody in by what is only remembered, so a removed key is gone in time', async () => {
  await using own = await outage(0);
  const { stand, service, signIn } = own;
  const { code, stderr } = await signIn('alice', stand.alice.key);
  assert.equal(code, 255);
  assert.ok(stderr.startsWith(`${notice}\r\n`), stderr);
  service.status = 200;
  assert.equal((await signIn('alice', stand.alice.key)).code, 0);
});

test('in an outage a stranger, and a wrong key of who is known, read why not and nothing that tells them apart', async () => {
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

test('in an outage the last of too many keys ends in words of the outage, for whoever it is', async () => {
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

test('once the keys can be told again, a refusal is a plain one', async () => {
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

// PuTTY's plink keeps a banner to itself unless it is asked to be verbose; paramiko leaves it to
// the program.
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
