import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyView, reduce, type EventBody, type View } from '@hatchery/events';
import { exampleChild, exampleEnd, exampleLock } from '@hatchery/events/fixtures';
import { firstState, type LiveState } from '../live/connection.ts';
import { Cell } from '../store/cell.ts';
import { breakStep, drainStep, signalStep, type Step } from './plan.ts';
import type { Outcome } from './post-action.ts';
import { runPlan, type Progress } from './run-plan.ts';

const sent: Outcome = { sent: true, notice: null };
const child = exampleChild('c1');
const lock = exampleLock('l1');

function stage(...outcomes: readonly Outcome[]) {
  let view: View = { ...emptyView, children: { c1: child }, locks: { l1: lock } };
  const state = (): LiveState => ({
    ...firstState(0),
    data: { epoch: 'e', seq: 0, round: 0, view },
  });
  const live = new Cell(state());
  const told: string[] = [];
  const asked: string[] = [];
  const left = [...outcomes];
  const stop = new AbortController();
  let last: readonly Progress[] = [];
  return {
    told,
    asked,
    stop,
    note: (index: number): string | null => ('note' in last[index]! ? last[index].note : null),
    happen: (body: EventBody) => {
      view = reduce(view, body);
      live.set(state());
    },
    run: (...plan: readonly Step[]) =>
      runPlan(plan, {
        live,
        signal: stop.signal,
        report: (progress) => {
          last = progress;
          told.push(progress.map(({ at }) => at).join(' '));
        },
        post: async (path) => {
          asked.push(path);
          return left.shift() ?? sent;
        },
      }),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an action counts as sent until the feed shows it', async () => {
  const { told, run, happen, note } = stage();
  const running = run(signalStep(child, 'TERM', 'runaway'));
  await turn();
  assert.deepEqual(told, ['intent', 'sent']);
  happen(exampleEnd('c1'));
  await running;
  assert.deepEqual(told, ['intent', 'sent', 'observed']);
  assert.match(note(0) ?? '', /ended: exit 0/);
});

test('a refusal ends the plan and says why', async () => {
  const { told, asked, run, note } = stage({ sent: false, message: 'The process changed.' });
  await run(signalStep(child, 'KILL', 'x'), breakStep(lock, false, 'x'));
  assert.deepEqual(told, ['intent waiting', 'failed waiting']);
  assert.equal(note(0), 'The process changed.');
  assert.equal(asked.length, 1, 'the lock is left alone');
});

test('the lock is broken only after its holder is gone', async () => {
  const { asked, run, happen } = stage();
  const running = run(signalStep(child, 'KILL', 'x'), breakStep(lock, false, 'x'));
  await turn();
  assert.deepEqual(asked, ['/api/children/c1/signal']);
  happen(exampleEnd('c1'));
  await turn();
  assert.deepEqual(asked, ['/api/children/c1/signal', '/api/locks/l1/break']);
  happen({ kind: 'lock.broken', id: 'l1', actor: 'bo', before: lock });
  await running;
});

test('a lock that its holder freed by ending is not broken', async () => {
  const { asked, told, run, happen } = stage();
  const running = run(signalStep(child, 'KILL', 'x'), breakStep(lock, false, 'x'));
  await turn();
  happen({ kind: 'lock.released', id: 'l1' });
  happen(exampleEnd('c1'));
  await running;
  assert.equal(asked.length, 1);
  assert.equal(told.at(-1), 'observed needless');
});

test('a lock that another session takes at once still counts as freed', () => {
  const { observed } = breakStep(lock, false, 'x');
  assert.equal(observed({ ...emptyView, locks: { l1: lock } }), null);
  assert.match(
    observed({ ...emptyView, locks: { l1: { ...lock, nonce: 'new' } } }) ?? '',
    /taken it again/,
  );
});

test('the plan keeps saying that the history did not record an action', async () => {
  const { run, happen, note } = stage({ sent: true, notice: 'The history could not be written.' });
  const running = run(drainStep(true, 'upgrade'));
  await turn();
  happen({ kind: 'forker.draining', draining: true, actor: 'bo' });
  await running;
  assert.match(note(0) ?? '', /draining\. The history could not be written/);
});

test('a closed dialog stops watching', async () => {
  const { run, stop, told } = stage();
  const running = run(drainStep(true, 'x'));
  await turn();
  stop.abort();
  await running;
  assert.equal(told.at(-1), 'sent');
});
