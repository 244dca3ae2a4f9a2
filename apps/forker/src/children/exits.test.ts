import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { exitKeptMs } from '../limits.ts';
import { newTestChild } from './child.test-support.ts';
import { Exits } from './exits.ts';

const entry = { child: newTestChild(), directory: '/run/c1', cause: null };
const ending = { id: 'c1', status: 768, known: true, rusage: null };

describe('Exits', () => {
  it('tells everybody who listens, and says once that the exit is taken', async () => {
    const taken: string[] = [];
    const exits = new Exits((id) => taken.push(id));
    const heard = [exits.listen('c1'), exits.listen('c1')];
    exits.tell(entry, ending);
    assert.deepEqual(await Promise.all(heard), [768, 768]);
    assert.deepEqual(taken, ['c1']);
    assert.equal(exits.take('c1'), null);
  });

  it('keeps an exit that nobody hears for whoever asks for it, once', () => {
    const taken: string[] = [];
    const exits = new Exits((id) => taken.push(id));
    exits.tell(entry, ending);
    assert.deepEqual(taken, []);
    assert.deepEqual(exits.take('c1'), { entry, ending });
    assert.deepEqual(taken, ['c1']);
    assert.equal(exits.take('c1'), null);
  });

  it('forgets an exit that nobody asks for', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const taken = mock.fn();
    const exits = new Exits(taken);
    exits.tell(entry, ending);
    t.mock.timers.tick(exitKeptMs);
    assert.equal(taken.mock.callCount(), 1);
    assert.equal(exits.take('c1'), null);
  });

  it('knows nothing of a child that never ended', () => {
    assert.equal(new Exits(() => undefined).take('nobody'), null);
  });
});
