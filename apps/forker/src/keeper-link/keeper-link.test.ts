import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { KeeperLink } from './keeper-link.ts';
import type { KeeperEvent } from './messages.ts';

interface Linked {
  readonly link: KeeperLink;
  /** The keeper's end. */
  readonly keeper: Socket;
  readonly events: KeeperEvent[];
  readonly lost: Error[];
  readonly unbelieved: string[];
}

/** A link to a keeper that the test plays itself. */
async function withLink(story: (linked: Linked) => Promise<void>): Promise<void> {
  using directory = temporaryDirectory();
  const path = join(directory.path, 'keeper.sock');
  const server = createServer().listen(path);
  try {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const events: KeeperEvent[] = [];
    const lost: Error[] = [];
    const unbelieved: string[] = [];
    const link = await KeeperLink.open(path, directory.path, {
      event: (event) => events.push(event),
      unbelieved: (line) => unbelieved.push(line),
      lost: (error) => lost.push(error),
    });
    const [keeper] = await connected;
    keeper.on('error', () => undefined);
    try {
      await story({ link, keeper, events, lost, unbelieved });
    } finally {
      keeper.destroy();
    }
  } finally {
    server.close();
  }
}

describe('KeeperLink', () => {
  it('takes messages however they are cut', async () => {
    await withLink(async ({ keeper, events, lost }) => {
      for (const piece of [
        '{"event":"conn',
        'ected","id":"a"}\n{"event":"connected",',
        '"id":"b"}\n',
      ]) {
        keeper.write(piece);
        await new Promise(setImmediate);
      }
      await until('both messages', () => events.length === 2);
      assert.deepEqual(events, [
        { event: 'connected', id: 'a' },
        { event: 'connected', id: 'b' },
      ]);
      assert.deepEqual(lost, []);
    });
  });

  it('sends a request as one line', async () => {
    await withLink(async ({ link, keeper }) => {
      link.send({ request: 'taken', id: 'a\nb' });
      const [bytes] = (await once(keeper, 'data')) as [Buffer];
      assert.equal(bytes.toString(), '{"request":"taken","id":"a\\nb"}\n');
    });
  });

  it('tells once that the keeper is gone', async () => {
    await withLink(async ({ keeper, lost }) => {
      keeper.destroy();
      await until('the loss', () => lost.length === 1);
      assert.match(lost[0]?.message ?? '', /closed the connection/);
    });
  });

  it('gives up a keeper that speaks nonsense', async () => {
    await withLink(async ({ keeper, lost, events }) => {
      keeper.write('{"event":"connected","id":"a"}\nnonsense\n');
      await until('the loss', () => lost.length === 1);
      assert.match(lost[0]?.message ?? '', /^the keeper speaks nonsense: nonsense/);
      assert.equal(events.length, 1);
    });
  });

  it('names the field of an event of the keeper’s own that cannot be', async () => {
    await withLink(async ({ keeper, lost }) => {
      keeper.write('{"event":"signalled","id":"a","sent":1}\n');
      await until('the loss', () => lost.length === 1);
      assert.match(
        lost[0]?.message ?? '',
        /^the keeper speaks nonsense: .*: its sent is missing or cannot be$/,
      );
    });
  });

  it('drops a word of a child that no child says, and goes on', async () => {
    await withLink(async ({ keeper, lost, events, unbelieved }) => {
      keeper.write(
        '{"event":"log","id":"a"}\n{"event":"more","id":"a"}\n{"event":"connected","id":"a"}\n',
      );
      await until('the one that is taken', () => events.length === 1);
      assert.deepEqual(unbelieved, [
        '{"event":"log","id":"a"}: its text is missing or cannot be',
        '{"event":"more","id":"a"}',
      ]);
      assert.deepEqual(lost, []);
    });
  });

  it('does not take its own leaving for a loss', async () => {
    await withLink(async ({ link, keeper, lost }) => {
      const received = once(keeper, 'data');
      keeper.once('end', () => keeper.end());
      const closed = link.close({ quit: false });
      await within('the close', closed);
      assert.deepEqual(lost, []);
      received.catch(() => undefined);
    });
  });

  it('asks the keeper to quit, and waits until it has', async () => {
    await withLink(async ({ link, keeper, lost }) => {
      const closed = link.close({ quit: true });
      const [bytes] = (await once(keeper, 'data')) as [Buffer];
      assert.equal(bytes.toString(), '{"request":"quit"}\n');
      keeper.destroy();
      await within('the close', closed);
      assert.deepEqual(lost, []);
    });
  });

  it('closes at once when the keeper is gone already', async () => {
    await withLink(async ({ link, keeper, lost }) => {
      keeper.destroy();
      await until('the loss', () => lost.length === 1);
      await within('the close', link.close({ quit: true }));
    });
  });
});
