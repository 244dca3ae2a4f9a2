import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView } from '@hatchery/events';
import { firstState, type LiveState } from '../live/connection.ts';
import { concerns } from './concerns.ts';

const at = 1_000_000;
const up = { up: true, since: new Date(0).toISOString() } as const;
const well: LiveState = {
  ...firstState(0),
  data: { epoch: 'e', seq: 1, round: 0, view: emptyView },
  server: { epoch: 'e', role: 'admin', build: 'b1', host: 'vm' },
  firstBuild: 'b1',
  feed: up,
  heardAt: at,
  clockOffsetMs: 0,
};
const service = { zygote: { state: 'ready', pid: 7 }, draining: false } as const;
const titles = (state: LiveState, now: Parameters<typeof concerns>[1], instant = at): string[] =>
  concerns(state, now, instant).map(({ title }) => title);

test('when all is well there is nothing to say', () => assert.deepEqual(titles(well, service), []));

test('a forker that is away is said with since when and why', () => {
  const [concern] = concerns(
    { ...well, feed: { up: false, since: new Date(at - 72_000).toISOString(), reason: 'gone' } },
    service,
    at,
  );
  assert.equal(concern?.title, 'Forker away');
  assert.match(concern?.detail ?? '', /1.m 12.s: gone/);
});

test('what hurts comes before what was wished', () => {
  const zygote = { state: 'failed', step: 'preload', message: 'no breezy' } as const;
  assert.deepEqual(titles({ ...well, firstBuild: 'b0' }, { zygote, draining: true }), [
    'Zygote failed',
    'Draining',
    'New version',
  ]);
});

test('a server that is silent is said, as the page cannot know anything else', () => {
  assert.deepEqual(titles(well, service, at + 5_000), ['Dashboard lost']);
});
