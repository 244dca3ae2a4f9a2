/** One test that failed, for the list at the end. */
export interface TestFailure {
  /** Relative to the directory of its run; empty when the runner does not know. */
  readonly file: string;
  readonly name: string;
  readonly message: string;
}

/** One run of node:test, as `counting-reporter.ts` records it. */
export interface NodeTestRun {
  /** The directory of the project that ran it. */
  readonly directory: string;
  readonly tests: number;
  readonly passed: number;
  readonly skipped: number;
  readonly todo: number;
  readonly failures: readonly TestFailure[];
}

/** What a step adds to the last line. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The sum of all counts. */
export function sumCounts(all: readonly Counts[]): Counts {
  return {
    passed: all.reduce((sum, { passed }) => sum + passed, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
    skipped: all.reduce((sum, { skipped }) => sum + skipped, 0),
  };
}

/** `N passed, N failed`, and the number of skipped tests if there are any. */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** A test marked todo counts as skipped, so that it does not look like a passed one. */
export function countsOfRun({ tests, passed, skipped, todo }: NodeTestRun): Counts {
  return { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
}

/** Reads the lines that `counting-reporter.ts` wrote. */
export function parseRuns(text: string): NodeTestRun[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as NodeTestRun);
}

/**
 * Reads the last summary that Python's unittest prints; null when there is none, for example after
 * a crash.
 */
export function parseUnittest(output: string): { counts: Counts; failures: TestFailure[] } | null {
  const summary = [
    ...output.matchAll(/^Ran (\d+) tests? in [\d.]+s\n+(OK|FAILED)(?: \(([^)]*)\))?$/gm),
  ].at(-1);
  if (summary === undefined) return null;
  const detail = (name: string): number =>
    Number(new RegExp(`\\b${name}=(\\d+)`).exec(summary[3] ?? '')?.[1] ?? 0);
  const failed =
    detail('(?<!expected )failures') + detail('errors') + detail('unexpected successes');
  const skipped = detail('skipped') + detail('expected failures');
  const failures = [...output.matchAll(/^(?:FAIL|ERROR): (.*)$/gm)].map(([, name]) => ({
    file: '',
    name: name ?? '',
    message: '',
  }));
  return {
    counts: { passed: Math.max(0, Number(summary[1]) - failed - skipped), failed, skipped },
    failures,
  };
}
