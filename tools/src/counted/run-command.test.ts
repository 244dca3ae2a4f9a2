import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { runCommand, type Ending } from './run-command.ts';

function run(script: string, timeoutS = 10, signal?: AbortSignal): Promise<Ending> {
  const command = {
    argv: ['sh', '-c', script],
    directory: '/',
    environment: process.env,
    timeoutS,
  } as const;
  return runCommand(command, signal);
}

/** Waits until a killed process is gone, or is a zombie that only its new parent can reap. */
async function ends(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!existsSync(`/proc/${pid}/stat`) || / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
      return;
    await setTimeout(10);
  }
  assert.fail(`process ${pid} lives on`);
}

describe('runCommand', () => {
  it('returns both outputs and the exit', async () => {
    assert.deepEqual(await run('echo a; echo b >&2; exit 3'), {
      succeeded: false,
      cause: 'exit 3',
      output: 'a\nb\n',
    });
    assert.equal((await run('true')).succeeded, true);
  });

  it('names the signal that ended it', async () => {
    assert.equal((await run('kill -9 $$')).cause, 'SIGKILL');
  });

  it('kills a command that takes too long, with everything it started', async () => {
    const { succeeded, cause, output } = await run('sleep 60 & echo $!; wait', 0.3);
    assert.deepEqual({ succeeded, cause }, { succeeded: false, cause: 'no end after 0.3 s' });
    await ends(Number(output));
  });

  it('leaves no process behind that holds the output open', async () => {
    const { succeeded, output } = await run('sleep 60 & echo $!');
    assert.equal(succeeded, true);
    await ends(Number(output));
  });

  it('ends the command when it is aborted', async () => {
    assert.equal((await run('sleep 60', 10, AbortSignal.timeout(100))).succeeded, false);
  });

  it('reports a program that does not exist', async () => {
    const command = {
      argv: ['/no/such/program'],
      directory: '/',
      environment: {},
      timeoutS: 1,
    } as const;
    assert.match((await runCommand(command)).cause, /ENOENT/);
  });
});
