import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaitingRoom, type Waiting } from './waiting-room.ts';

interface Visitor extends Waiting {
  readonly heard: string[];
}

function visitor(
  name: string,
  heard: string[],
  user: string | null = null,
  left?: AbortSignal,
): Visitor {
  const tell = (what: string) => (): void => void heard.push(`${name} ${what}`);
  const refuse = (reason: string): void => void heard.push(`${name}: ${reason}`);
  return { user, heard, enter: tell('in'), refuse, left, leave: tell('left') };
}

const late = (): string => 'late';

describe('WaitingRoom', () => {
  it('lets them in as they came, while there is room', () => {
    const heard: string[] = [];
    const room = new WaitingRoom();
    for (const name of ['a', 'b', 'c']) room.wait(visitor(name, heard), 1000, late);
    let places = 2;
    room.letIn(() => places-- > 0);
    assert.deepEqual([heard, room.size], [['a in', 'b in'], 1]);
    room.refuseAll('closed');
    assert.deepEqual([heard.at(-1), room.size], ['c: closed', 0]);
  });

  it('knows how long each has waited, whatever came of it', () => {
    let nowMs = 0;
    const room = new WaitingRoom(() => nowMs);
    for (const name of ['a', 'b']) room.wait(visitor(name, []), 1000, late);
    nowMs = 7;
    let places = 1;
    room.letIn(() => places-- > 0);
    nowMs = 300;
    room.refuseAll('closed');
    const { boundsS, counts, sumS } = room.waited;
    const filled = boundsS.filter((_bound, index) => counts[index] === 1);
    assert.deepEqual([filled, sumS, counts.length], [[0.01, 0.5], 0.307, boundsS.length + 1]);
  });

  it('puts whoever was in already before the others', () => {
    const heard: string[] = [];
    const room = new WaitingRoom();
    room.wait(visitor('a', heard), 1000, late);
    room.waitFirst(visitor('b', heard), 1000, late);
    room.letIn(() => room.size > 0);
    assert.deepEqual(heard, ['b in', 'a in']);
  });

  it('refuses whoever has waited too long, and nobody else', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const heard: string[] = [];
    const room = new WaitingRoom();
    room.wait(visitor('a', heard), 1000, late);
    room.wait(visitor('b', heard), 2000, late);
    t.mock.timers.tick(1000);
    assert.deepEqual([heard, room.size], [['a: late'], 1]);
    room.letIn(() => true);
    t.mock.timers.tick(5000);
    assert.deepEqual(heard, ['a: late', 'b in']);
  });

  it('gives the seat of whoever leaves to the next, and minds nobody who leaves later', () => {
    const heard: string[] = [];
    const room = new WaitingRoom();
    const leaving = ['a', 'b', 'c'].map((name) => {
      const left = new AbortController();
      room.wait(visitor(name, heard, 'alice', left.signal), 1000, late);
      return left;
    });
    leaving[0]?.abort();
    assert.deepEqual([heard, room.size, room.countOf('alice')], [['a left'], 2, 2]);
    let places = 1;
    room.letIn(() => places-- > 0);
    room.refuseAll('closed');
    for (const left of leaving) left.abort();
    assert.deepEqual(heard, ['a left', 'b in', 'c: closed']);
  });

  it('counts those of each user', () => {
    const room = new WaitingRoom();
    for (const user of ['alice', 'alice', null]) room.wait(visitor('x', [], user), 1000, late);
    assert.deepEqual([room.countOf('alice'), room.countOf(null), room.countOf('bob')], [2, 1, 0]);
    room.refuseAll('closed');
  });
});
