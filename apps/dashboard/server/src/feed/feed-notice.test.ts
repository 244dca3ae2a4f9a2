import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '@hatchery/daemon';
import { feedAwayMsMax } from '../limits.ts';
import { FeedNotice } from './feed-notice.ts';

/** A notice, and what it has told so far. */
function makeNotice(): { notice: FeedNotice; told: string[] } {
  const told: string[] = [];
  const info = (...words: unknown[]): void => void told.push(`info ${String(words.at(-1))}`);
  const warn = (...words: unknown[]): void => void told.push(`warn ${String(words.at(-1))}`);
  return { notice: new FeedNotice({ info, warn } as unknown as Logger, 'feed'), told };
}

const since = '2026-01-01T00:00:00Z';
const down = { up: false, reason: 'closed', since } as const;

test('a feed that comes back at once is no warning', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { notice, told } = makeNotice();
  notice.changed({ up: true, since });
  notice.changed(down);
  context.mock.timers.tick(feedAwayMsMax - 1);
  notice.changed({ up: true, since });
  context.mock.timers.tick(feedAwayMsMax);
  assert.deepEqual(told, ['info feed is up', 'info feed is down', 'info feed is up']);
});

test('one that stays away is one warning', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { notice, told } = makeNotice();
  notice.changed({ up: true, since });
  notice.changed(down);
  context.mock.timers.tick(10 * feedAwayMsMax);
  assert.deepEqual(told, ['info feed is up', 'info feed is down', 'warn feed stays down']);
});

test('one that ends with us is no warning', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { notice, told } = makeNotice();
  notice.changed({ up: true, since });
  notice.changed(down);
  notice[Symbol.dispose]();
  context.mock.timers.tick(feedAwayMsMax);
  assert.deepEqual(told, ['info feed is up', 'info feed is down']);
});

test('at a start, one that comes up within its time was never down, and one that does not is a warning', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { notice, told } = makeNotice();
  notice.changed(down);
  context.mock.timers.tick(feedAwayMsMax - 1);
  notice.changed({ up: true, since });
  context.mock.timers.tick(feedAwayMsMax);
  assert.deepEqual(told, ['info feed is up']);
  const other = makeNotice();
  other.notice.changed(down);
  context.mock.timers.tick(feedAwayMsMax);
  assert.deepEqual(other.told, ['warn feed stays down']);
});
