import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import type { Part } from '@hatchery/daemon';
import { until, within } from '@hatchery/testkit';
import { RunningClient, serveLine, sshArguments, type ClientResult } from '../testing/clients.ts';
import { RecordingLog } from '../testing/recording-log.ts';
import { Stand } from '../testing/stand.ts';
import { createGateway } from './gateway.ts';

const limits = { lingerMs: 20, drainGraceMs: 20 };

/** OpenSSH with a connection that stays between sessions (ControlMaster), and commands on it. */
class Multiplexed {
  readonly master: RunningClient;
  readonly #destination: Stand['alice'];
  readonly #path: string;

  private constructor(stand: Stand) {
    this.#destination = stand.alice;
    this.#path = join(stand.directory, 'mux');
    this.master = stand.startSsh([], ['-M', '-N', '-S', this.#path]);
  }

  static async open(stand: Stand): Promise<Multiplexed> {
    const opened = new Multiplexed(stand);
    await until(
      'the connection',
      async () => (await opened.#ssh(['-O', 'check']).result).code === 0,
    );
    return opened;
  }

  start(): RunningClient {
    return this.#ssh([], serveLine);
  }

  async echo(words: string): Promise<ClientResult> {
    const client = this.start();
    client.process.stdin?.end(words);
    return within('a command on the old connection to end', client.result);
  }

  async close(): Promise<void> {
    await this.#ssh(['-O', 'exit']).result;
    await within('the connection to end', this.master.result);
  }

  #ssh(options: readonly string[], ...command: readonly string[]): RunningClient {
    const argv = sshArguments(this.#destination, ['-S', this.#path, ...options]);
    return new RunningClient('/usr/bin/ssh', [...argv, ...command]);
  }
}

/** A gateway in the place of the stand's, which then ends behind it. */
async function succeed(stand: Stand): Promise<Part & AsyncDisposable> {
  const listen = { host: '127.0.0.1', port: stand.port };
  const config = { ...stand.config, ssh: { ...stand.config.ssh, listen } };
  const context = { config, log: new RecordingLog().logger, options: { overlap: 'yes' } };
  const next = await createGateway(context, { nativeCryptoLoaded: () => true });
  stand.gateway.stop(false);
  const end = async (): Promise<void> => {
    next.stop(true);
    await within('the successor to stop', next.finished);
  };
  return { ...next, [Symbol.asyncDispose]: end };
}

for (const workers of [1, 2]) {
  test(`behind its successor a gateway with workers = ${workers} takes new sessions on its connections until they close`, async () => {
    await using stand = await Stand.open({ limits, ssh: { workers }, childrenTimeoutS: 0.05 });
    const commands = await Multiplexed.open(stand);
    await using _next = await succeed(stand);
    for (let turn = 0; turn < 5; turn += 1) {
      const { code, stdout, stderr } = await commands.echo(`turn ${turn}`);
      assert.deepEqual([code, stdout.toString()], [0, `turn ${turn}`], stderr);
      // Longer than an idle connection is given in a drain.
      await delay(50);
    }
    assert.equal((await stand.ssh([serveLine], 'new')).stdout.toString(), 'new');
    await commands.close();
    await within('the old one to end with its last connection', stand.gateway.finished);
  });
}

test('a drain refuses new sessions on the connections of an old gateway too, until it is taken back', async () => {
  await using stand = await Stand.open({ limits: { lingerMs: 60_000 } });
  const commands = await Multiplexed.open(stand);
  const first = commands.start();
  await until('the session', () => stand.log.named('session opened').length === 1);
  await using _next = await succeed(stand);
  const followed = (times: number): Promise<unknown> =>
    until(
      'the old one to follow',
      () => stand.log.named('drain of the fork service followed').length === times,
    );
  stand.forks.drain({ deadline: '2100-01-01T00:00:00.000Z' });
  await followed(1);
  const refused = await commands.echo('refused');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /hatchery: the service is being drained and takes no new session/);
  stand.forks.undrain();
  await followed(2);
  assert.equal((await commands.echo('taken')).stdout.toString(), 'taken');
  first.process.stdin?.end('first');
  assert.equal((await within('it to end', first.result)).stdout.toString(), 'first');
  await commands.close();
  await within('the old one to end', stand.gateway.finished);
});

test('an old gateway that is stopped once more disconnects at once', async () => {
  await using stand = await Stand.open({ limits });
  const commands = await Multiplexed.open(stand);
  await using _next = await succeed(stand);
  stand.gateway.stop(true);
  await within('the old one to end', stand.gateway.finished);
  assert.notEqual((await within('the client to end', commands.master.result)).code, 0);
});
