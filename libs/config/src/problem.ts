/**
 * One problem of a configuration file. `line` is 1-based, null when it concerns the file as a
 * whole.
 */
export interface ConfigProblem {
  readonly line: number | null;
  readonly key: string | null;
  readonly message: string;
}

/**
 * All problems of one configuration file at once. The message has one line per problem: `file:line:
 * key: what`.
 */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  readonly fault = 'client';
  readonly file: string;
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => describe(file, problem)).join('\n'));
    this.name = 'ConfigError';
    this.file = file;
    this.problems = problems;
  }
}

function describe(file: string, { line, key, message }: ConfigProblem): string {
  const place = line === null ? file : `${file}:${line}`;
  return key === null ? `${place}: ${message}` : `${place}: ${key}: ${message}`;
}
