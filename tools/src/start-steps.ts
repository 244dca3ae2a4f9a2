import { availableParallelism } from 'node:os';
import type { Job, Part, Step } from './plan.ts';
import { runJob, sumJobs, type StepResult } from './run-job.ts';
import { Slots } from './slots.ts';

/** A step whose jobs run, or wait for their turn. */
export interface StartedStep {
  readonly step: Step;
  readonly result: Promise<TimedResult>;
}

/**
 * What came of a step, and the milliseconds from the start of its first job to the end of its last
 * one.
 */
export interface TimedResult extends StepResult {
  readonly tookMs: number;
  /** Its jobs, with how long each took. */
  readonly jobs: readonly { readonly name: string; readonly tookMs: number }[];
}

/**
 * One more than there are cores: whoever waits for a browser or a service leaves its core to
 * somebody.
 */
const jobsMax = availableParallelism() + 1;

/**
 * Starts all steps beside each other, on the given parts of them. After an abort no further job
 * starts.
 */
export function startSteps(
  root: string,
  chosen: readonly { readonly step: Step; readonly parts: readonly Part[] }[],
  signal: AbortSignal,
): StartedStep[] {
  const slots = new Slots(jobsMax);
  const steps = chosen.map(({ step, parts }) => ({
    step,
    jobs: step.jobs(parts),
    running: [] as Promise<TimedJob>[],
  }));
  // The last steps take longest.
  for (const { of, job } of inTurn(steps.toReversed())) {
    of.running.push(
      slots.run(() => timed(job.name, () => runJob(root, of.step.counting, job, signal))),
    );
  }
  return steps.map(({ step, running }) => ({ step, result: finish(step, running) }));
}

/**
 * One job of each step, then another of each, so that steps that wait run beside steps that
 * compute.
 */
export function inTurn<S extends { readonly jobs: readonly Job[] }>(
  steps: readonly S[],
): { of: S; job: Job }[] {
  const turns = Math.max(0, ...steps.map(({ jobs }) => jobs.length));
  return Array.from({ length: turns }, (_, turn) =>
    steps.flatMap((of) => of.jobs.slice(turn, turn + 1).map((job) => ({ of, job }))),
  ).flat();
}

interface TimedJob {
  readonly name: string;
  readonly result: StepResult;
  readonly startedAt: number;
  readonly endedAt: number;
}

async function timed(name: string, run: () => Promise<StepResult>): Promise<TimedJob> {
  const startedAt = performance.now();
  const result = await run();
  return { name, result, startedAt, endedAt: performance.now() };
}

async function finish(step: Step, running: readonly Promise<TimedJob>[]): Promise<TimedResult> {
  const jobs = await Promise.all(running);
  const sum = sumJobs(
    step,
    jobs.map(({ result }) => result),
  );
  const [first, last] = [
    jobs.map(({ startedAt }) => startedAt),
    jobs.map(({ endedAt }) => endedAt),
  ];
  return {
    ...sum,
    tookMs: jobs.length === 0 ? 0 : Math.max(...last) - Math.min(...first),
    jobs: jobs.map(({ name, startedAt, endedAt }) => ({ name, tookMs: endedAt - startedAt })),
  };
}
