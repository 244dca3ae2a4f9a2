import type { Figure, Result } from './figures/figure.ts';
import { currentLoad, describeMachine } from './machine/machine.ts';
import { Progress } from './report/progress.ts';
import { judge, summarize } from './report/summary.ts';
import { figureText, machineText } from './report/text.ts';
import { Stand } from './stand/stand.ts';
import { requireInstalled } from './stand/tools.ts';

export interface BenchOptions {
  readonly figures: readonly Figure[];
  readonly json: boolean;
  readonly quick: boolean;
  /** Ends the run: everything that was started is stopped, and the promise rejects. */
  readonly signal: AbortSignal;
}

/**
 * Measures the figures and prints them on stdout. @throws an Error with one line that says what to
 * do
 */
export async function bench({ figures, json, quick, signal }: BenchOptions): Promise<void> {
  requireInstalled([
    ...new Set(['/usr/bin/brz', '/usr/bin/ssh', ...figures.flatMap(({ needs }) => needs)] as const),
  ]);
  const loadBefore = currentLoad();
  const progress = new Progress(process.stderr);
  const taken: object[] = [];
  const print = (text: string): void => {
    progress.clear();
    if (!json) process.stdout.write(text);
  };
  progress.say('starting our side');
  await using stand = await Stand.open(signal);
  const machine = await describeMachine(stand, loadBefore);
  print(machineText(machine));
  for (const figure of figures) {
    const { name, title } = figure;
    progress.say(`${name}: ${title}`);
    const result = await figure.measure(stand, { quick, progress: progress.of(name) });
    print(figureText(name, title, result));
    taken.push({ name, title, ...report(result) });
  }
  progress.say('stopping our side');
  progress.clear();
  if (json) process.stdout.write(`${JSON.stringify({ machine, quick, figures: taken })}\n`);
}

function report({ comparisons, readings }: Result): object {
  const described = comparisons.map((comparison) => {
    const { title, unit, better, series } = comparison;
    return {
      title,
      unit,
      better,
      summary: summarize(comparison),
      verdicts: judge(comparison),
      series,
    };
  });
  return { comparisons: described, readings: readings ?? null };
}
