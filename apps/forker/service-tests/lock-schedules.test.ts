import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { it } from 'node:test';
import fc from 'fast-check';
import { emptyView, reduce, type Event, type Lock } from '@hatchery/events';
import { placesOf } from '@hatchery/locks';
import { until } from '@hatchery/testkit';
import { readDiskLock } from '../src/locks/disk-lock.ts';
import { withLockStage, type LockStage } from './locks.test-support.ts';
import type { Outsider } from './outsider.test-support.ts';

const runs = 5;
const branchCount = 3;

/** What somebody does to one of the branches, `afterMs` after the step before. */
interface Step {
  readonly act:
    | 'session'
    | 'kill session'
    | 'outsider'
    | 'release outsider'
    | 'kill outsider'
    | 'break'
    | 'brz break-lock';
  readonly branch: number;
  readonly afterMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step['act']>('session') },
    { weight: 3, arbitrary: fc.constantFrom<Step['act']>('kill session', 'outsider') },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Step['act']>(
        'release outsider',
        'kill outsider',
        'break',
        'brz break-lock',
      ),
    },
  ),
  branch: fc.nat(branchCount - 1),
  afterMs: fc.nat(150),
});

/** One schedule being played, with all that it started. */
class Play implements Disposable {
  readonly #stage: LockStage;
  readonly #branches: readonly string[];
  readonly #outsiders: { readonly branch: number; readonly process: Outsider }[] = [];
  readonly #started: Promise<unknown>[] = [];
  #left = 0;

  constructor(stage: LockStage, branches: readonly string[]) {
    this.#stage = stage;
    this.#branches = branches;
  }

  async do({ act, branch, afterMs }: Step): Promise<void> {
    await delay(afterMs);
    const path = this.#branches[branch] ?? '';
    switch (act) {
      case 'session':
        return this.#start(this.#stage.tag(`t${this.#started.length}`, path));
      case 'outsider':
        return void this.#outsiders.push({ branch, process: this.#stage.outsider(path) });
      case 'release outsider':
        return this.#outsiders.find((one) => one.branch === branch)?.process.release();
      case 'kill outsider':
        return this.#outsiders.find((one) => one.branch === branch)?.process.kill();
      case 'brz break-lock':
        return this.#start(this.#stage.breakByBrz(path));
      case 'kill session':
        return kill((await this.#lockOf(path))?.holder ?? null);
      case 'break': {
        const lock = await this.#lockOf(path);
        // Refused, when it is another one's or nobody's by now.
        if (lock !== undefined) this.#start(this.#stage.post(`/v1/locks/${lock.id}/break`, {}));
      }
    }
  }

  /**
   * Waits until nobody does anything any more; locks of the dead are broken, as somebody on call
   * would.
   */
  async quiesce(): Promise<void> {
    while (this.#left > 0) {
      for (const { id, condition } of await this.#stage.view()) {
        if (condition === 'stale' || condition === 'unknown') {
          await this.#stage.post(`/v1/locks/${id}/break`, { force: true }).catch(isRefusal);
        }
      }
      // Whoever waits for a living outsider waits for as long as that lives.
      for (const { process } of this.#outsiders) process.release();
      await delay(50);
    }
    await Promise.all(this.#started);
    for (const { process } of this.#outsiders) await process.settled();
    // Nobody reports what an outsider does to a branch that no session has open.
    await this.#stage.post('/v1/locks/scan', {});
  }

  [Symbol.dispose](): void {
    for (const { process } of this.#outsiders) process[Symbol.dispose]();
  }

  #start(what: Promise<unknown>): void {
    this.#left += 1;
    this.#started.push(what.catch(isRefusal).finally(() => (this.#left -= 1)));
  }

  async #lockOf(path: string): Promise<Lock | undefined> {
    return (await this.#stage.view()).find(
      (lock) => lock.kind === 'branch' && lock.path.startsWith(`${path}/`),
    );
  }
}

function kill(holder: Lock['holder']): void {
  if (holder === null || holder.childId === null || holder.pid === null) return;
  try {
    process.kill(holder.pid, 'SIGKILL');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
  }
}

/** The service may say no, in words; anything else is a failure of the test. */
function isRefusal(error: unknown): void {
  assert.match(
    String(error),
    /holder has changed|is free by now|was free by then|no lock|not the acquisition|outlives/,
  );
}

/** What readers of the feed believe; fails on an event that does not fit what was told before. */
function believed(events: readonly Event[]): readonly Lock[] {
  let view = emptyView;
  for (const event of events) {
    if (event.kind === 'lock.acquired')
      assert.ok(!(event.lock.id in view.locks), `${event.lock.id} is told twice`);
    else if (event.kind === 'lock.changed')
      assert.ok(event.lock.id in view.locks, `${event.lock.id} is not known`);
    else if (
      event.kind === 'lock.contended' ||
      event.kind === 'lock.released' ||
      event.kind === 'lock.broken'
    ) {
      assert.ok(event.id in view.locks, `${event.kind} of ${event.id}, which is not known`);
    }
    view = reduce(view, event);
  }
  return Object.values(view.locks);
}

function onDisk(stage: LockStage, branches: readonly string[]): string[] {
  const places = branches.flatMap((branch) => placesOf(branch, stage.hostingRoot));
  return places.flatMap(({ path }) => readDiskLock(path)?.nonce ?? []).sort();
}

it('whatever sessions, other processes and operators do, the feed comes to what is on disk', async (context) => {
  const seed = Date.now() % 2 ** 31;
  context.diagnostic(`seed ${seed}`);
  await withLockStage('[locks]\norphan_grace_s = 0.5\n', async (stage) => {
    const branches = Array.from({ length: branchCount }, (_, number) =>
      stage.branch(`~alice/project/b${number}`),
    );
    const schedules = fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 16 }),
      async (steps) => {
        using play = new Play(stage, branches);
        for (const one of steps) await play.do(one);
        await play.quiesce();
        const nonces = (): string[] =>
          believed(stage.events)
            .flatMap(({ nonce }) => nonce ?? [])
            .sort();
        await until(
          'the feed to tell what is on disk',
          () => nonces().join() === onDisk(stage, branches).join(),
        );
      },
    );
    await fc.assert(schedules, { seed, numRuns: runs, endOnFailure: true });
    await until('every lock of the dead to be free or known', async () => {
      for (const { id } of await stage.view()) {
        await stage.post(`/v1/locks/${id}/break`, { force: true }).catch(isRefusal);
      }
      return onDisk(stage, branches).length === 0 && believed(stage.events).length === 0;
    });
    const count = (kind: string): number => stage.kinds().filter((one) => one === kind).length;
    assert.ok(count('lock.acquired') > runs, 'hardly a lock was taken');
    assert.equal(count('lock.acquired'), count('lock.released') + count('lock.broken'));
  });
});
