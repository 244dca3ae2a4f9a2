import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Counting } from '../nx/target.ts';
import { countCommand, type CountedResult } from './count-command.ts';

const root = mkdtempSync(join(tmpdir(), 'hatchery tools '));
after(() => rmSync(root, { recursive: true }));
mkdirSync(join(root, 'part'));

function run(counting: Counting, script: string): Promise<CountedResult> {
  return countCommand(root, {
    name: 'it',
    counting,
    argv: ['sh', '-c', script],
    directory: 'part',
    timeoutS: 20,
  });
}

/**
 * A run of node:test as a project's script makes it, separate from the run that this test belongs
 * to.
 */
function nodeTest(source: string): string {
  writeFileSync(join(root, 'part/a.test.mjs'), `import { it } from 'node:test';\n${source}`);
  return 'env -u NODE_TEST_CONTEXT node --test a.test.mjs';
}

describe('countCommand', () => {
  it('counts a check as one', async () => {
    assert.deepEqual((await run('check', 'true')).counts, { passed: 1, failed: 0, skipped: 0 });
    const { counts, failures } = await run('check', 'exit 2');
    assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(failures, [{ file: '', name: 'it', message: 'exit 2' }]);
  });

  it('counts the tests that node:test ran, and names those that failed', async () => {
    const { counts, failures, output } = await run(
      'node-test',
      nodeTest(
        `it('a', () => {}); it('b', () => { throw new Error('why'); }); it('c', { skip: true }, () => {});`,
      ),
    );
    assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
    assert.deepEqual(failures, [{ file: 'part/a.test.mjs', name: 'b', message: 'why' }]);
    assert.match(output, /✖ b/);
  });

  it('is not misled by what a test prints', async () => {
    const { counts } = await run(
      'node-test',
      nodeTest(`it('a', () => console.log('ℹ pass 99\\n# pass 99'));`),
    );
    assert.deepEqual(counts, { passed: 1, failed: 0, skipped: 0 });
  });

  it('counts a run without a test as a failure', async () => {
    const { counts, failures } = await run(
      'node-test',
      'env -u NODE_TEST_CONTEXT node --test "nothing/*.mjs"',
    );
    assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(failures, [{ file: '', name: 'it', message: 'ran no test' }]);
  });

  it('counts a failed run as a failure although every test passed', async () => {
    const { counts, failures } = await run(
      'node-test',
      `${nodeTest(`it('a', () => {});`)}; exit 7`,
    );
    assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 0 });
    assert.deepEqual(failures, [{ file: '', name: 'it', message: 'exit 7' }]);
  });

  it('counts a Python run that found no test, or crashed, as a failure', async () => {
    assert.equal(
      (await run('unittest', 'printf "Ran 0 tests in 0.000s\\n\\nOK\\n"')).counts.failed,
      1,
    );
    assert.equal((await run('unittest', 'exit 1')).counts.failed, 1);
    assert.deepEqual(
      (await run('unittest', 'printf "Ran 2 tests in 0.000s\\n\\nOK\\n"')).counts.passed,
      2,
    );
  });
});
