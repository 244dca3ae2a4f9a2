import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from './wait-for.ts';

test('it looks until there is something, and returns that', async () => {
  const finds = [null, undefined, false, 0];
  const looks = [...finds];
  assert.equal(await waitFor(() => looks.shift(), { everyMs: 1 }), 0, 'zero is a value');
  assert.deepEqual(looks, []);
});

test('without patience there is one look', async () => {
  let looks = 0;
  const look = (): boolean => ((looks += 1), false);
  assert.equal(await waitFor(look, { everyMs: 1, forMs: 0 }), null);
  assert.equal(looks, 1);
  assert.equal(await waitFor(() => 'there', { everyMs: 1, forMs: 0 }), 'there');
});

test('when the patience is over there is a last look, however long a pause would be', async () => {
  let looks = 0;
  const look = (): boolean => (looks += 1) > 1;
  assert.equal(await waitFor(look, { everyMs: 3_600_000, forMs: 5 }), true);
});

test('a signal ends the wait after a last look, also one that was there before', async () => {
  const stop = new AbortController();
  let looks = 0;
  const look = (): boolean => {
    looks += 1;
    setImmediate(() => stop.abort());
    return false;
  };
  assert.equal(await waitFor(look, { everyMs: 3_600_000, signal: stop.signal }), null);
  assert.equal(looks, 2);
  assert.equal(await waitFor(() => 'there', { everyMs: 1, signal: stop.signal }), 'there');
  assert.equal(await waitFor(() => null, { everyMs: 1, signal: stop.signal }), null);
});

test('a look that fails fails the wait', async () => {
  await assert.rejects(
    waitFor(() => Promise.reject(new Error('no disk')), { everyMs: 1 }),
    /no disk/,
  );
});
