import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runForLines, type CommandKeysOptions } from './command-keys.ts';

async function look(
  script: string,
  options: Partial<CommandKeysOptions> = {},
  user = 'alice',
): Promise<string> {
  const command = ['/bin/sh', '-c', script, 'sh', '%u', '100%%', '%x'];
  return (
    await runForLines(user, { command, timeoutMs: 20_000, answerBytesMax: 100, ...options })
  ).toString();
}

test('the command gets the name as one argument, and its output is the lines', async () => {
  assert.equal(await look('printf "%s|" "$@"', {}, 'a b;$(id)'), 'a b;$(id)|100%|%x|');
  assert.equal(await look('true'), '');
});

test('it gets no input, and nothing of the gateway’s environment', async () => {
  process.env['HATCHERY_TEST_SECRET'] = 'x';
  assert.equal(await look('cat; echo "${HATCHERY_TEST_SECRET-none}"'), 'none\n');
});

test('a command that fails gives no answer, and the reason includes its stderr', async () => {
  await assert.rejects(look('echo ssh-ed25519; echo the database is down >&2; exit 3'), {
    message: 'it ended with status 3: the database is down',
  });
  await assert.rejects(look('kill -9 $$'), /it ended with SIGKILL/);
  await assert.rejects(look('', { command: ['/no/such/program'] }), { code: 'ENOENT' });
});

test('a command that prints without end is ended', async () => {
  await assert.rejects(look('yes'), /printed more than 100 bytes/);
});

test('a command that takes too long is ended with everything it started', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hatchery-command-'));
  const file = join(directory, 'pid');
  await assert.rejects(
    look(`sleep 1000 & echo $! >'${file}'; wait`, { timeoutMs: 2000 }),
    /longer than 2000 ms/,
  );
  const pid = Number(readFileSync(file, 'utf8'));
  rmSync(directory, { recursive: true });
  assert.ok(pid > 0);
  await until('its child to be gone', () => !isRunning(pid));
});

/** A zombie has ended too; in a container there may be no process to reap it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
