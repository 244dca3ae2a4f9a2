import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { exitKeptMs, exitsKeptMax } from '../../limits.ts';
import { newTestChild } from '../forking/child.test-support.ts';
import { Exits } from './exits.ts';

const entry = { child: newTestChild(), directory: '/run/c1', cause: null };
const ending = { id: 'c1', status: 768, known: true, rusage: null };

describe('Exits', () => {
  it('tells everybody who listens, and says once that the exit is taken: when one has heard it', async () => {
    const taken: string[] = [];
    const exits = new Exits((id) => taken.push(id));
    const told = [exits.listen('c1'), exits.listen('c1')];
    exits.tell(entry, ending);
    assert.deepEqual(await Promise.all(told), [768, 768]);
    assert.deepEqual(taken, []);
    exits.heard('c1');
    exits.heard('c1');
    assert.deepEqual(taken, ['c1']);
    assert.equal(exits.find('c1'), null);
  });

  // A client that had lost its connection counted as one that had heard, and its attach came to
  // nothing.
  it('keeps an exit that was told and not heard for whoever asks for it', async () => {
    const exits = new Exits(() => assert.fail('nobody has heard it'));
    const told = exits.listen('c1');
    exits.tell(entry, ending);
    await told;
    assert.deepEqual(exits.find('c1'), { entry, ending });
    assert.deepEqual(exits.find('c1'), { entry, ending });
  });

  it('forgets an exit that nobody asks for', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const taken = mock.fn();
    const exits = new Exits(taken);
    exits.tell(entry, ending);
    t.mock.timers.tick(exitKeptMs);
    assert.equal(taken.mock.callCount(), 1);
    assert.equal(exits.find('c1'), null);
  });

  it('forgets the oldest of more than it can keep', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const taken: string[] = [];
    const exits = new Exits((id) => taken.push(id));
    for (let index = 0; index <= exitsKeptMax; index += 1)
      exits.tell(entry, { ...ending, id: `c${index}` });
    assert.deepEqual(taken, ['c0']);
    assert.notEqual(exits.find('c1'), null);
  });

  it('knows nothing of a child that never ended', () => {
    const exits = new Exits(() => assert.fail('nobody was told of'));
    assert.equal(exits.find('nobody'), null);
    exits.heard('nobody');
  });
});
