import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Lock } from '@hatchery/events';
import { LockScreen } from './lock-screen.ts';

const holder = {
  childId: 's',
  pid: 7,
  user: 'ann',
  host: 'h',
  command: null,
  since: '2026-01-01T00:00:00.000Z',
};
const lock: Lock = {
  id: 'l1',
  kind: 'branch',
  path: '/b',
  name: 'b',
  holder,
  waiters: [],
  condition: 'held',
  nonce: null,
  reasons: [],
};

/** A screen with a clock set by the test, in seconds after the lock was taken. */
function bench(format: 'terminal' | 'text' | 'json') {
  const shown = { seconds: 1, texts: [] as string[] };
  const now = (): Date => new Date(Date.parse(holder.since) + 1000 * shown.seconds);
  return { shown, screen: new LockScreen(format, now, (text) => void shown.texts.push(text)) };
}

it('on a terminal the ages keep counting; elsewhere only changes are printed', () => {
  for (const [format, times] of [
    ['terminal', 2],
    ['text', 1],
    ['json', 1],
  ] as const) {
    const { shown, screen } = bench(format);
    const locks = { l1: lock };
    screen.show(locks);
    shown.seconds = 9;
    screen.show(locks);
    screen.age();
    assert.equal(shown.texts.length, times, format);
    if (format === 'terminal')
      assert.match(shown.texts[1] ?? '', /^\x1b\[H\x1b\[2JID.*\nl1 .* 9 s /);
  }
});

it('the output is marked stale while the service is away, and no longer when it is back', () => {
  const { shown, screen } = bench('text');
  screen.connection(true);
  screen.show({ l1: lock });
  screen.connection(false);
  screen.connection(false);
  screen.connection(true);
  const [before, away, back, ...more] = shown.texts;
  assert.deepEqual(more, []);
  assert.match(away ?? '', /^STALE for 0 s: the service is away, .*\nID /);
  assert.equal(back, before);
});

it('the time since it is stale keeps counting too', () => {
  const { shown, screen } = bench('terminal');
  screen.show({ l1: lock });
  screen.connection(false);
  shown.seconds = 15;
  screen.age();
  assert.match(shown.texts.at(-1) ?? '', /STALE for 14 s/);
});

it('with JSON no line is added when the service is away, nor anything before the first list', () => {
  const { shown, screen } = bench('json');
  screen.age();
  screen.connection(false);
  screen.connection(true);
  assert.deepEqual(shown.texts, []);
});
