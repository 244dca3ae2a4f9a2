import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCommandLine, usage, UsageError } from './command-line.ts';
import { figures } from './figures/all.ts';

const namesOf = (...argv: string[]): string[] =>
  readCommandLine(argv, figures).figures.map(({ name }) => name);

describe('the command line', () => {
  it('selects every figure when it names none', () => {
    assert.deepEqual(namesOf(), [
      'fork',
      'burst',
      'overload',
      'recovery',
      'drain',
      'memory',
      'sampling',
      'locks',
      'ssh',
      'sessions',
      'branch',
      'transfer',
      'idle',
      'stalled',
      'dashboard',
      'heap',
    ]);
  });

  it('selects the named ones, in the order of a full run', () => {
    assert.deepEqual(namesOf('ssh', '--quick', 'fork'), ['fork', 'ssh']);
  });

  it('refuses an unknown figure, and lists the known ones', () => {
    assert.throws(
      () => readCommandLine(['forks'], figures),
      /^Error: there is no figure 'forks'; there are fork, burst/,
    );
  });

  it('refuses an unknown option', () => {
    assert.throws(() => readCommandLine(['--fast'], figures), UsageError);
  });

  it('has a help with a line for every figure', () => {
    for (const { title } of figures) assert.ok(usage(figures).includes(title));
  });
});
