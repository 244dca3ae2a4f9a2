import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, type LiveMessage } from '@hatchery/events';
import {
  firstState,
  transition,
  type LiveEvent,
  type LiveState,
  type Transition,
} from './connection.ts';
import {
  askAgainMs,
  dialTimeoutMs,
  redialMsMax,
  redialMsMin,
  staleAfterMs,
  wakeSilenceMs,
} from './limits.ts';

const serverTime = new Date(50_000).toISOString();
const feed = { up: true, since: '2026-11-21T00:00:00.000Z', heardAt: serverTime } as const;
const server = { hz: 4, role: 'admin', build: 'b1', host: 'vm', drainTimeoutS: 300, feed } as const;
const hello = { type: 'hello', epoch: 'e', serverTime, ...server } as const;
const snapshot = { type: 'snapshot', epoch: 'e', seq: 3, round: 1, view: emptyView } as const;
const drained = { kind: 'forker.draining', draining: true, actor: 'bo', at: '' } as const;

function run(
  steps: readonly (readonly [at: number, event: LiveEvent])[],
  random = 0,
  from: LiveState = firstState(0),
): Transition {
  return steps.reduce<Transition>(
    ({ state }, [at, event]) => transition(state, event, at, random),
    {
      state: from,
      effects: [],
    },
  );
}

const says = (message: LiveMessage): LiveEvent => ({ type: 'message', message });
const opened: LiveEvent = { type: 'opened' };
const closed: LiveEvent = { type: 'closed' };
const tick: LiveEvent = { type: 'tick' };
const woke: LiveEvent = { type: 'woke' };
const live = run([
  [0, opened],
  [10, says(hello)],
  [20, says(snapshot)],
]).state;

test('a page that connects first says what it knows', () => {
  const { effects } = run([[0, opened]]);
  assert.deepEqual(effects, [
    { type: 'send', request: { type: 'resume', epoch: '', seq: 0, round: 0 } },
  ]);
});

test('a page that reconnects says what it knows', () => {
  const { effects } = run(
    [
      [100, closed],
      [200, opened],
    ],
    0,
    live,
  );
  assert.deepEqual(effects, [
    { type: 'send', request: { type: 'resume', epoch: 'e', seq: 3, round: 1 } },
  ]);
});

test('the page asks about a hole at once, but not again with every message that follows', () => {
  const late = says({ type: 'event', event: { ...drained, seq: 9 } });
  const first = run([[askAgainMs, late]], 0, live);
  assert.equal(first.effects.length, 1);
  assert.deepEqual(run([[askAgainMs + 1, late]], 0, first.state).effects, []);
  assert.equal(run([[2 * askAgainMs, late]], 0, first.state).effects.length, 1);
});

test('numbers of another run of the server are not added to ours', () => {
  const { state } = run(
    [
      [50, says({ ...hello, epoch: 'f' })],
      [60, says({ type: 'event', event: { ...drained, seq: 4 } })],
    ],
    0,
    live,
  );
  assert.equal(state.data?.view.draining, false);
  const after = run(
    [
      [70, says({ ...snapshot, epoch: 'f', seq: 1 })],
      [80, says({ type: 'event', event: { ...drained, seq: 2 } })],
    ],
    0,
    state,
  );
  assert.deepEqual([after.state.data?.epoch, after.state.data?.view.draining], ['f', true]);
});

test('a lost connection keeps the data and dials again, later each time, up to the maximum', () => {
  let state = live;
  const waits: number[] = [];
  for (let attempt = 0; attempt < 9; attempt += 1) {
    state = run([[1_000, closed]], 0.999_999, state).state;
    assert.ok(state.phase.name === 'waiting');
    waits.push(Math.round(state.phase.until - 1_000));
    state = run([[state.phase.until, tick]], 0, state).state;
    assert.equal(state.phase.name, 'dialling');
  }
  assert.deepEqual(waits.slice(0, 3), [redialMsMin, 2 * redialMsMin, 4 * redialMsMin]);
  assert.equal(waits.at(-1), redialMsMax);
  assert.equal(state.data, live.data);
});

test('a wait is at least half of its maximum', () => {
  const { state } = run([[1_000, closed]], 0, live);
  assert.ok(state.phase.name === 'waiting');
  assert.equal(state.phase.until, 1_000 + redialMsMin / 2);
});

test('a connection that worked resets the wait to the shortest', () => {
  const { state } = run(
    [
      [100, closed],
      [1_000, tick],
      [1_010, opened],
      [1_020, says(hello)],
      [1_030, says(snapshot)],
      [1_040, closed],
    ],
    0,
    live,
  );
  assert.ok(state.phase.name === 'waiting');
  assert.equal(state.phase.attempt, 1);
});

test('a connection that falls silent is given up, and so is one that never opens', () => {
  assert.deepEqual(run([[20 + staleAfterMs, tick]], 0, live).effects, [{ type: 'hang-up' }]);
  assert.deepEqual(run([[19 + staleAfterMs, tick]], 0, live).effects, []);
  assert.deepEqual(run([[dialTimeoutMs, tick]]).effects, [{ type: 'hang-up' }]);
});

test('a computer that wakes up does not wait on a connection that was silent for long', () => {
  assert.deepEqual(run([[20 + wakeSilenceMs, woke]], 0, live).effects, [
    { type: 'hang-up' },
    { type: 'dial' },
  ]);
  assert.deepEqual(run([[19 + wakeSilenceMs, woke]], 0, live).effects, []);
  assert.deepEqual(
    run(
      [
        [100, closed],
        [101, woke],
      ],
      0,
      live,
    ).effects,
    [{ type: 'dial' }],
  );
});

test('a computer that wakes up gives an old connection two seconds to answer', () => {
  const wokeAt = 19 + wakeSilenceMs;
  const asleep = [[wokeAt, woke]] as const;
  assert.deepEqual(run([...asleep, [wokeAt + wakeSilenceMs, tick]], 0, live).effects, [
    { type: 'hang-up' },
    { type: 'dial' },
  ]);
  assert.deepEqual(run([...asleep, [wokeAt + wakeSilenceMs - 1, tick]], 0, live).effects, []);
  const beat = says({
    type: 'heartbeat',
    epoch: 'e',
    seq: 3,
    round: 1,
    serverTime,
    feed,
    stuck: [],
    readOnly: null,
  });
  const answered = run([...asleep, [wokeAt + 700, beat], [wokeAt + wakeSilenceMs, tick]], 0, live);
  assert.deepEqual(answered.effects, []);
  assert.equal(answered.state.phase.name, 'open');
});

test('a browser that is refused shows why until it is let in', () => {
  const refused: LiveEvent = { type: 'refused', reason: 'Not signed in.' };
  const { state, effects } = run(
    [
      [100, closed],
      [120, refused],
    ],
    0,
    live,
  );
  assert.deepEqual([state.refusal, effects], ['Not signed in.', []]);
  assert.equal(state.phase.name, 'waiting', 'and keeps trying');
  const back = run(
    [
      [1_000, tick],
      [1_010, opened],
      [1_020, says(hello)],
    ],
    0,
    state,
  );
  assert.equal(back.state.refusal, null);
});

test('the page remembers its own build when a newer one shows up', () => {
  const { state } = run([[30, says({ ...hello, build: 'b2' })]], 0, live);
  assert.deepEqual([state.firstBuild, state.server?.build], ['b1', 'b2']);
});

test('the forker was last heard when the server says so, or when an event came since', () => {
  const heardAt = new Date(49_000).toISOString();
  const beat = {
    type: 'heartbeat',
    epoch: 'e',
    seq: 3,
    round: 1,
    serverTime,
    stuck: [],
    readOnly: null,
  } as const;
  const silent = run([[50_000, says({ ...beat, feed: { ...feed, heardAt } })]], 0, live).state;
  assert.equal(silent.forkerHeardAt, 49_000);
  const spoke = run(
    [[50_100, says({ type: 'event', event: { ...drained, seq: 4 } })]],
    0,
    silent,
  ).state;
  assert.equal(spoke.forkerHeardAt, 50_100);
  const remembered = run([[50_200, says({ ...snapshot, seq: 9 })]], 0, silent).state;
  assert.equal(remembered.forkerHeardAt, 49_000, 'a snapshot does not count');
  const away = { up: false, since: heardAt, reason: 'gone' } as const;
  assert.equal(
    run([[50_300, says({ ...beat, feed: away })]], 0, spoke).state.forkerHeardAt,
    49_000,
  );
});

test('a page remembers the highest role it has had', () => {
  const demoted = run([[30, says({ ...hello, role: 'viewer' })]], 0, live).state;
  assert.deepEqual([demoted.server?.role, demoted.formerRole], ['viewer', 'admin']);
  assert.equal(live.formerRole, 'admin');
});
