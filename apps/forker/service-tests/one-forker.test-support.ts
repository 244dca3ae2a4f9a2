import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import type { Child, View, ZygoteHealth } from '@hatchery/events';
import {
  assertNothingLeft,
  ForkerProcess,
  takeBaseline,
  temporaryDirectory,
} from '@hatchery/testkit';
import type { ForkerOptions } from '@hatchery/testkit';

/** What `GET /v1/state` says, as far as these tests look. */
export interface ForkerState {
  readonly view: View;
  readonly childrenRunning: number;
  readonly childrenSpawned: number;
  readonly requestsWaiting: number;
  readonly finishedUsage: { readonly children: number };
  readonly keeper: {
    readonly pid: number;
    readonly readySince: string | null;
    readonly trouble: string | null;
  };
  readonly zygote: ZygoteHealth;
}

/**
 * One forker for all tests of a file. Its orderly end, and that it leaves nothing, is part of each
 * file's result.
 */
export function useOneForker(options: ForkerOptions = {}): () => ForkerProcess {
  const directory = temporaryDirectory();
  const baseline = takeBaseline();
  let forker: ForkerProcess | null = null;
  before(async () => {
    forker = await ForkerProcess.start(directory.path, options);
  });
  after(async () => {
    try {
      assert.deepEqual(await forker?.stop(), { code: 0, signal: null });
      await assertNothingLeft(directory.path, baseline);
    } finally {
      await forker?.[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    }
  });
  return () => {
    if (forker === null) throw new Error('the forker is started before the first test, not before');
    return forker;
  };
}

/** The state as the control socket tells it. */
export async function readState(forker: ForkerProcess): Promise<ForkerState> {
  return (await controlRequest(forker.controlSocket, 'GET', '/v1/state')) as ForkerState;
}

/** A child that has ended, as the state remembers it. */
export async function readEnded(forker: ForkerProcess, id: string): Promise<Child | null> {
  const { view } = await readState(forker);
  return view.recentChildren.find((child) => child.id === id) ?? null;
}

/** The pid of the zygote that is ready. */
export async function readZygotePid(forker: ForkerProcess): Promise<number> {
  const { zygote } = (await readState(forker)).view;
  if (zygote.state !== 'ready') throw new Error(`the zygote is ${zygote.state}`);
  return zygote.pid;
}
