import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { attachChild, forkChild, type ForkedChild } from '@hatchery/forker-client';
import { isRunning, until, within } from '@hatchery/testkit';
import { useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker({ config: '[forker]\nmax_children_per_user = 1\n' });

function fork(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ForkedChild> {
  return forkChild({ socket: forker().socket, command, environment });
}

/** Sends all input and reads both outputs to their end. */
async function converse(
  child: ForkedChild,
  input: string,
): Promise<[stdout: string, stderr: string]> {
  const { stdin, stdout, stderr } = child.openPipes();
  stdin.end(input);
  return within('the end of the outputs', Promise.all([text(stdout), text(stderr)]));
}

describe('the client library against a real service', () => {
  it('forks, opens the pipes without blocking, and hears the exit', async () => {
    using child = await fork(['launchpad-replay']);
    assert.deepEqual(await converse(child, '1 one\n2 two\n'), ['one\n', 'two\n']);
    assert.equal(await within('the exit', child.exited), 0);
  });

  it('carries words and values that need quoting', async () => {
    using told = await fork(['whoami'], { BRZ_EMAIL: 'Zoë "Q" <zoe@example.org>: end' });
    assert.deepEqual(await converse(told, ''), ['Zoë "Q" <zoe@example.org>: end\n', '']);
    using refused = await fork(['rocks', "it's", 'a b', '\\', '']);
    const [, stderr] = await converse(refused, '');
    assert.ok(stderr.includes(`got "it's a b \\\\ "`), stderr);
    assert.equal(await within('the exit', refused.exited), 768);
  });

  it('moves more than the pipes hold, both ways', async () => {
    using child = await fork(['launchpad-replay']);
    const line = `${'x'.repeat(1000)}\n`;
    const count = 3000;
    const [stdout] = await converse(child, `1 ${line}`.repeat(count));
    assert.equal(stdout, line.repeat(count));
    assert.equal(await within('the exit', child.exited), 0);
  });

  it('opens more pipes at once than Node has threads', async () => {
    const children = await Promise.all(
      Array.from({ length: 12 }, () => fork(['launchpad-replay'])),
    );
    const outputs = await Promise.all(
      children.toReversed().map((child) => converse(child, '1 x\n')),
    );
    assert.ok(outputs.every(([stdout]) => stdout === 'x\n'));
    for (const child of children) assert.equal(await within('the exit', child.exited), 0);
  });

  it('is told of a refusal in the words of the service', async () => {
    const environment = { HATCHERY_USER: 'eve' };
    using child = await fork(['launchpad-replay'], environment);
    await assert.rejects(fork(['rocks'], environment), {
      code: 'fork_refused',
      reason: /^eve has 1 of 1 sessions/,
    });
    await converse(child, '');
    await within('the exit', child.exited);
  });

  it('attaches to a child that another connection forked, which goes on when that one leaves', async () => {
    const child = await fork(['launchpad-replay']);
    const { stdin, stdout } = child.openPipes();
    stdin.write('1 x\n');
    await until('the output', () => stdout.read() !== null);
    using attached = await attachChild({ socket: forker().socket }, child.id);
    assert.equal(attached.pid, child.pid);
    child[Symbol.dispose]();
    await assert.rejects(within('the rejection', child.exited), { code: 'forker_unavailable' });
    assert.ok(isRunning(child.pid));
    stdin.end();
    stdout.resume();
    assert.equal(await within('the exit', attached.exited), 0);
  });

  it('is refused a child that has ended and was heard of', async () => {
    using child = await fork(['rocks']);
    await converse(child, '');
    await within('the exit', child.exited);
    await assert.rejects(attachChild({ socket: forker().socket }, child.id), {
      code: 'fork_refused',
    });
  });

  it('finds no pipes when the child died before they were opened', async () => {
    using child = await fork(['rocks']);
    process.kill(child.pid, 'SIGKILL');
    assert.equal(await within('the exit', child.exited), 9);
    assert.throws(() => child.openPipes(), { code: 'ENOENT' });
  });
});
