import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Slots } from './slots.ts';

/** Work that ends when it is told to, and a list of what has started. */
function stage(count: number, names: readonly string[]) {
  const slots = new Slots(count);
  const started: string[] = [];
  const works = names.map((name) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const result = slots.run(() => {
      started.push(name);
      return promise;
    });
    return { end: () => resolve(name), fail: () => reject(new Error(name)), result };
  });
  return { slots, started, works };
}

describe('Slots', () => {
  it('starts as many as there are places, and the next one when one has ended', async () => {
    const { started, works } = stage(2, ['a', 'b', 'c', 'd']);
    assert.deepEqual(started, ['a', 'b']);
    works[1]?.end();
    assert.equal(await works[1]?.result, 'b');
    assert.deepEqual(started, ['a', 'b', 'c']);
    works[0]?.end();
    await works[0]?.result;
    assert.deepEqual(started, ['a', 'b', 'c', 'd']);
  });

  it('frees the place of what failed', async () => {
    const { slots, started, works } = stage(1, ['a', 'b']);
    works[0]?.fail();
    await assert.rejects(works[0]?.result ?? Promise.resolve(), { message: 'a' });
    assert.deepEqual(started, ['a', 'b']);
    works[1]?.end();
    await works[1]?.result;
    assert.equal(await slots.run(async () => 'free again'), 'free again');
  });

  it('lets nobody in between a place that is freed and the one who waits for it', async () => {
    const { slots, started, works } = stage(1, ['a', 'b']);
    works[0]?.end();
    const late = works[0]?.result.then(() => slots.run(async () => void started.push('late')));
    await works[0]?.result;
    works[1]?.end();
    await late;
    assert.deepEqual(started, ['a', 'b', 'late']);
  });
});
