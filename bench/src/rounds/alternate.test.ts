import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alternate } from './alternate.ts';

const still = { pauseMs: 0, signal: new AbortController().signal, progress: (): void => undefined };

function counting(
  name: string,
  calls: string[],
): { name: string; sample: () => Promise<number[]> } {
  return { name, sample: async () => [calls.push(name)] };
}

describe('alternating', () => {
  it('takes turns and leaves out the warm-up rounds', async () => {
    const calls: string[] = [];
    const contenders = [counting('a', calls), counting('b', calls)];
    const options = { ...still, rounds: 2, warmUpRounds: 1 };
    const series = await alternate(contenders, options);
    assert.deepEqual(calls, ['a', 'b', 'a', 'b', 'a', 'b']);
    assert.deepEqual(series, [
      { name: 'a', rounds: [[3], [5]] },
      { name: 'b', rounds: [[4], [6]] },
    ]);
  });

  it('ends with the first failed sample, and says whose it was', async () => {
    const broken = { name: 'b', sample: () => Promise.reject(new Error('a wrong reply')) };
    const options = { ...still, rounds: 5, warmUpRounds: 0 };
    await assert.rejects(
      alternate([counting('a', []), broken], options),
      /^Error: b: a wrong reply$/,
    );
  });

  it('ends when it is aborted', async () => {
    const options = { ...still, rounds: 5, warmUpRounds: 0, signal: AbortSignal.abort() };
    await assert.rejects(alternate([counting('a', [])], options), { name: 'AbortError' });
  });
});
