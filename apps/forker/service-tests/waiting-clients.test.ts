import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RawClient, until } from '@hatchery/testkit';
import { forksAtOnceMax } from '../src/limits.ts';
import { readState, readZygotePid, useOneForker } from './one-forker.test-support.ts';

const forker = useOneForker({ config: '[forker]\npool_size = 0\n' });

/** What the status record says of the queue. */
interface QueueState {
  readonly requestsWaiting: number;
  readonly requestersLeft: number;
  readonly childrenSpawned: number;
  readonly childrenRunning: number;
}

const readQueue = async (): Promise<QueueState> =>
  (await readState(forker())) as unknown as QueueState;

describe('a client that leaves while its request waits for its turn', () => {
  it('leaves the queue at once, and gets no child', async () => {
    const zygote = await readZygotePid(forker());
    // Nothing is forked while it stands still.
    process.kill(zygote, 'SIGSTOP');
    using first = new DisposableStack();
    using others = new DisposableStack();
    try {
      for (let number = 0; number < forksAtOnceMax; number += 1)
        first.use(await RawClient.connect(forker().socket)).send('fork rocks\n');
      await until(
        'the zygote to be asked',
        async () => (await readQueue()).requestsWaiting === forksAtOnceMax,
      );
      for (let number = 0; number < 3; number += 1) {
        const client = others.use(await RawClient.connect(forker().socket));
        client.send('fork rocks\n');
        // As some clients do. It still waits.
        if (number === 0) client.endSending();
      }
      await until(
        'a queue',
        async () => (await readQueue()).requestsWaiting === forksAtOnceMax + 3,
      );
      assert.equal((await readQueue()).requestersLeft, 0);
      others.dispose();
      await until(
        'an empty queue',
        async () => (await readQueue()).requestsWaiting === forksAtOnceMax,
      );
      assert.equal((await readQueue()).requestersLeft, 3);
      first.dispose();
    } finally {
      process.kill(zygote, 'SIGCONT');
    }
    // Those that the zygote had been asked for come, and end because nobody will ever open their
    // pipes.
    await until('the end of all', async () => {
      const { requestsWaiting, childrenRunning } = await readQueue();
      return requestsWaiting + childrenRunning === 0;
    });
    assert.equal((await readQueue()).childrenSpawned, forksAtOnceMax);
  });
});
