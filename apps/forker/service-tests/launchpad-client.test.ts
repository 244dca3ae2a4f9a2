import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, within } from '@hatchery/testkit';
import { useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker();
const client = fileURLToPath(new URL('./fixtures/launchpad_client.py', import.meta.url));

/** What the old client saw. @throws with its traceback when it fails */
async function play(scenario: string): Promise<unknown> {
  const { stdout, stderr } = spawn(
    '/usr/bin/python3',
    ['-I', '-S', client, forker().socket, scenario],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const [seen, complaint] = await within(
    `the client's ${scenario}`,
    Promise.all([text(stdout), text(stderr)]),
  );
  assert.equal(complaint, '');
  return JSON.parse(seen);
}

describe("a client in the manner of Launchpad's, of 2010", () => {
  it('gets its answer in one piece, opens the pipes blocking, and hears the status', async () => {
    assert.deepEqual(await play('session'), ['Old Client <old@example.org>\n', '', 0]);
  });

  it('may send one byte at a time, with the line ends of a terminal', async () => {
    assert.deepEqual(await play('byte_by_byte'), ['Old Client <old@example.org>\n', '', 0]);
  });

  it('connects several children out of order, in one thread that blocks', async () => {
    const expected = [0, 1, 2, 3, 4, 5].map((index) => [`${index}\n`, `${index}\n`, 0]);
    assert.deepEqual(await play('out_of_order'), expected);
  });

  it('that sends EOF behind its request is served, and costs no CPU time while it waits', async () => {
    const before = cpuSeconds(forker().pid);
    assert.deepEqual(await play('end_of_file'), ['still served\n', '', 0]);
    assert.ok(cpuSeconds(forker().pid) - before < 0.7);
  });

  it('that never opens the pipes hears of SIGALRM, and nothing is left', async () => {
    assert.deepEqual(await play('never_opened'), [14, false]);
  });

  it('is refused in the words it knows', async () => {
    const [alive, unknown, timeout, variable] = (await play('refused')) as string[];
    assert.equal(alive, 'ok\nyep, still alive\n');
    assert.equal(unknown, "FAILURE\nunknown request: 'nonsense\\n'\n");
    assert.match(timeout ?? '', /^FAILURE: .+\n$/);
    assert.match(
      variable ?? '',
      /FAILURE\\ncommand or env parsing failed: .*PATH.* is not allowed/,
    );
  });
});
