import { parseArgs } from 'node:util';
import type { Figure } from './figures/figure.ts';

/** The parsed command line. */
export interface CommandLine {
  readonly figures: readonly Figure[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

/** The arguments are invalid: exit 2. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly fault = 'client';
}

/**
 * Parses the arguments of `hatchery bench`; without a name it selects all figures. @throws
 * {UsageError}
 */
export function readCommandLine(argv: readonly string[], all: readonly Figure[]): CommandLine {
  const { values, positionals } = parse(argv);
  const unknown = positionals.find((name) => !all.some((figure) => figure.name === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no figure '${unknown}'; there are ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  const figures =
    positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  return { figures, json: values.json, quick: values.quick, help: values.help };
}

/** What `--help` prints. */
export function usage(all: readonly Figure[]): string {
  const list = all.map(({ name, title }) => `  ${name.padEnd(10)}${title}\n`).join('');
  return `usage: hatchery bench [NAME…] [--json] [--quick]\n\n${list}\n--quick takes fewer samples; --json prints every sample.\n`;
}

function parse(argv: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const options = { json: flag, quick: flag, help: { ...flag, short: 'h' } };
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
