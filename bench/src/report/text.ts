import type { Comparison, Readings, Result } from '../figures/figure.ts';
import type { Machine } from '../machine/machine.ts';
import { judge, summarize, type SeriesSummary, type Verdict } from './summary.ts';

/** The header of a run. */
export function machineText(machine: Machine): string {
  const { date, cpu, cores, loadBefore, kernel, node, breezy, openssh } = machine;
  return `${date}  ${cpu}, ${cores} cores, load before ${loadBefore}
Linux ${kernel}, Node ${node}, Breezy ${breezy}, ${openssh}\n`;
}

/** One figure as tables for a terminal. */
export function figureText(name: string, title: string, { comparisons, readings }: Result): string {
  const tables = comparisons.map(comparisonText);
  if (readings !== undefined) tables.push(readingsText(readings));
  return `\n${name}: ${title}\n${tables.join('')}`;
}

function comparisonText(comparison: Comparison): string {
  const head = [
    `${comparison.title}, ${comparison.unit}`,
    'n',
    'min',
    'median',
    'p99',
    'of medians',
    'pairwise',
  ];
  const rows = summarize(comparison).map(cells);
  return `${aligned([head, ...rows])}${judge(comparison).map(verdictText(comparison.unit)).join('')}`;
}

function cells(row: SeriesSummary): string[] {
  const { name, samples, min, median, p99, ratioOfMedians, pairwiseRatio } = row;
  const ratios = [ratioOfMedians, pairwiseRatio].map((ratio) => `${ratio.toFixed(2)}x`);
  return [
    name,
    String(samples),
    number(min),
    number(median),
    p99 === null ? '-' : number(p99),
    ...ratios,
  ];
}

function verdictText(unit: string): (verdict: Verdict) => string {
  return ({ target, value, met }) => {
    const promise =
      target.kind === 'times-better'
        ? `${target.name}: at least ${target.atLeast}x better than ${target.rival}, is ${value.toFixed(1)}x`
        : `${target.name}${target.kind === 'p99-limit' ? ', p99' : ''}: at most ${target.atMost} ${unit}, is ${number(value)}`;
    return `  ${met ? 'met' : 'MISSED'}: ${promise}\n`;
  };
}

function readingsText({ title, unit, rows }: Readings): string {
  const columns = Object.keys(rows[0]?.values ?? {});
  const body = rows.map(({ name, values }) => [
    name,
    ...columns.map((column) => number(values[column] ?? Number.NaN)),
  ]);
  return aligned([[`${title}, ${unit}`, ...columns], ...body]);
}

/** The first column is left-aligned, the numbers are right-aligned. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return rows.map((row) => `  ${line(row)}\n`).join('');
}

/** Three significant digits. */
function number(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
