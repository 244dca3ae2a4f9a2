import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import type { NodeTestRun, TestFailure } from './counts.ts';

/**
 * A reporter of node:test that prints nothing and appends one JSON line per run to the file that
 * `HATCHERY_TEST_COUNTS` names. Counts parsed from printed text could be mistaken for a test's own
 * output. node:test requires a reporter to be a default export.
 */
export default async function* countTests(
  events: AsyncIterable<TestEvent>,
): AsyncGenerator<string> {
  const failures: TestFailure[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:fail' && data.details.type !== 'suite' && data.todo === undefined) {
      const file = data.file === undefined ? '' : relative(process.cwd(), data.file);
      failures.push({ file, name: data.name, message: firstLine(data.details.error) });
    }
    // The summary without a file is that of the whole run.
    if (type === 'test:summary' && data.file === undefined)
      add({ directory: process.cwd(), ...data.counts, failures });
  }
  yield '';
}

function add(run: NodeTestRun): void {
  const file = process.env['HATCHERY_TEST_COUNTS'];
  // A runner that a test starts belongs to that test.
  if (file === undefined || process.env['NODE_TEST_CONTEXT'] !== undefined) return;
  const { directory, tests, passed, skipped, todo, failures } = run;
  appendFileSync(
    file,
    `${JSON.stringify({ directory, tests, passed, skipped, todo, failures })}\n`,
  );
}

/** The first line of an error, which node:test wraps. */
function firstLine(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message.split('\n', 1)[0] ?? '';
}
