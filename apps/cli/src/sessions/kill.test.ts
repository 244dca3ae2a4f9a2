import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { controlSocketPath, loadConfig } from '@hatchery/config';
import { processStartTime } from '@hatchery/daemon';
import { exampleChild } from '@hatchery/events/fixtures';
import { temporaryDirectory, until } from '@hatchery/testkit';
import { processFacts } from '@hatchery/script-locks';
import { hatchery, type Outcome } from '../../test-support/terminal.ts';

/** What kill asked of a service whose one child is a process that sleeps, and what it said. */
interface Killed extends Outcome {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

const id = 'ab12cd-t3k9x1-1f9c0000';

async function killed(
  words: (pid: number) => readonly string[],
  before?: NodeJS.Signals,
): Promise<Killed> {
  using directory = temporaryDirectory();
  const socket = controlSocketPath(
    loadConfig({ directory: directory.path, stateDirectory: directory.path }),
  );
  mkdirSync(dirname(socket), { recursive: true });
  const sleeper = spawn('sleep', ['1000']);
  const { pid = 0 } = sleeper;
  const child = exampleChild(id, { pid, startTime: processStartTime(pid) ?? 0 });
  const asked: { path: string; body: Record<string, unknown> } = { path: '', body: {} };
  const server = createServer((request, response) => {
    if (request.method === 'GET')
      return void response.end(JSON.stringify({ view: { children: { [id]: child } } }));
    void text(request).then((body) => {
      Object.assign(asked, { path: request.url, body: JSON.parse(body) as object });
      response.writeHead(202).end(JSON.stringify({ actionId: 'a1', outcome: 'sent' }));
    });
  }).listen(socket);
  try {
    await once(server, 'listening');
    if (before !== undefined) {
      sleeper.kill(before);
      await until('it to be stopped', () => processFacts(pid)?.stopped === true);
    }
    const outcome = await hatchery(
      'kill',
      ...words(pid),
      '--reason',
      'a test',
      '--state-dir',
      directory.path,
    );
    return { ...outcome, ...asked };
  } finally {
    server.closeAllConnections();
    server.close();
    sleeper.kill('SIGKILL');
    await once(sleeper, 'exit');
  }
}

it('takes a pid, and names the very process that was looked at', async () => {
  const { code, stdout, said, path, body } = await killed((pid) => [String(pid)]);
  assert.deepEqual([code, said], [0, []]);
  assert.match(
    stdout,
    new RegExp(`^SIGTERM to ${id} \\(pid ${String(body['pid'])}, anna\\): sent\\n$`),
  );
  assert.deepEqual(
    [path, body['signal'], body['reason']],
    [`/v1/children/${id}/signal`, 'SIGTERM', 'a test'],
  );
  assert.ok(Number(body['startTime']) > 0);
});

it('of a stopped process it says that the signal waits, and what ends or resumes it', async () => {
  const { code, said, stdout } = await killed(() => ['1f9c', '--json'], 'SIGSTOP');
  assert.equal(code, 0);
  assert.deepEqual(said, [
    `kill: the process of ${id} is stopped, and SIGTERM waits until it goes on; --signal CONT lets it go on, --signal KILL ends it now`,
  ]);
  const { pid, ...told } = JSON.parse(stdout) as Record<string, unknown>;
  assert.ok(Number(pid) > 1);
  assert.deepEqual(told, {
    child: id,
    signal: 'SIGTERM',
    outcome: 'sent',
    stopped: true,
    actionId: 'a1',
  });
});

it('says nothing of that with a signal that a stopped process takes at once', async () => {
  for (const signal of ['CONT', 'kill', '19']) {
    const { said } = await killed(() => [id, '--signal', signal], 'SIGSTOP');
    assert.deepEqual(said, [], signal);
  }
});

it('refuses what is no child before it asks for anything', async () => {
  const { code, said, path } = await killed(() => ['999999999']);
  assert.deepEqual([code, path], [1, '']);
  assert.match(
    said.join('\n'),
    /^kill: there is no child 999999999; hatchery children --state-dir \S+ lists those that run$/,
  );
});
