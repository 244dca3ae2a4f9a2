import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '@hatchery/config';
import type { PlaceNews } from './messages.ts';
import { PlaceDesk } from './place-desk.ts';
import { RemotePlaces } from './remote-places.ts';
import { Tally } from './tally.ts';

const ssh = {
  startupsMax: { start: 2, ratePercent: 100, full: 2 },
  startupsPerSourceMax: 1,
  limitExempt: [],
  sessionsPerUserMax: 1,
} as unknown as Config['ssh'];

function tally(): Tally {
  return new Tally({ ssh }, () => 0);
}

/** A worker process and the first one, with the messages between them recorded. */
function processes(count: Tally): {
  places: RemotePlaces;
  desk: PlaceDesk;
  news: PlaceNews['type'][];
} {
  const news: PlaceNews['type'][] = [];
  const places: RemotePlaces = new RemotePlaces((one) => {
    news.push(one.type);
    queueMicrotask(() => desk.take(one));
  });
  const desk = new PlaceDesk(count, (answer) => queueMicrotask(() => places.answer(answer)));
  return { places, desk, news };
}

/** Lets messages under way arrive. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('two processes share one count of clients that sign in', async () => {
  const count = tally();
  const [a, b] = [processes(count), processes(count)];
  const first = await a.places.connection('192.0.2.1', 's1');
  assert.ok(typeof first === 'object');
  assert.equal(await b.places.connection('192.0.2.1', 's1'), 'startups-per-source');
  assert.ok(typeof (await b.places.connection('192.0.2.2', 's2')) === 'object');
  assert.equal(await a.places.connection('192.0.2.3', 's3'), 'startups');
  assert.equal(count.unauthenticated, 2);
  first.signedIn();
  await settle();
  assert.equal(count.unauthenticated, 1);
  first.left();
  await settle();
  assert.equal(count.unauthenticated, 1, 'it counts once');
});

test('two processes share one count of a user’s sessions', async () => {
  const count = tally();
  const [a, b] = [processes(count), processes(count)];
  const first = await a.places.session('alice');
  assert.ok(first !== null && 'left' in first);
  assert.deepEqual(await b.places.session('alice'), { running: 1, max: 1 });
  const other = await b.places.session('bob');
  assert.ok(other !== null && 'left' in other);
  first.left();
  first.left();
  await settle();
  const again = await b.places.session('alice');
  assert.ok(again !== null && 'left' in again);
  assert.deepEqual(await a.places.session('alice'), { running: 1, max: 1 });
});

test('a dead process’s places are freed, and its later messages have no effect', async () => {
  const count = tally();
  const { places, desk } = processes(count);
  await places.connection('192.0.2.1', 's1');
  const session = await places.session('alice');
  assert.ok(session !== null && 'left' in session);
  desk.close();
  assert.equal(count.unauthenticated, 0);
  assert.ok('left' in count.session('alice'));
  session.left();
  await settle();
  assert.deepEqual(count.session('alice'), { running: 1, max: 1 });
});

test('without the first process no client is admitted, and none waits for an answer', async () => {
  const places = new RemotePlaces(() => {});
  const waiting = [places.connection('192.0.2.1', 's1'), places.session('alice')];
  places.cutOff();
  assert.deepEqual(await Promise.all(waiting), ['draining', null]);
  assert.deepEqual(
    [await places.connection('192.0.2.1', 's1'), await places.session('alice')],
    ['draining', null],
  );
  places.answer({ type: 'place', id: 99, refusal: null });
});
