import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, partRecordPath } from '@hatchery/config';
import {
  assertNothingLeft,
  ForkerProcess,
  takeBaseline,
  temporaryDirectory,
} from '@hatchery/testkit';
import { readOffer } from '../src/succession/offer.ts';

describe('a forker that finds what another version has left', () => {
  it('does not start with its keeper, and leaves that alone', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const run = join(directory.path, 'run');
    mkdirSync(run, { mode: 0o711 });
    const heard: string[] = [];
    const keeper = createServer((socket) => {
      const hello = { event: 'hello', format: 2, pid: process.pid, readyAtMs: 1, children: [] };
      socket.on('error', () => undefined).on('data', (bytes: Buffer) => heard.push(String(bytes)));
      socket.write(`${JSON.stringify(hello)}\n`);
    });
    await new Promise<void>((resolve) => keeper.listen(join(run, 'keeper.sock'), resolve));
    {
      await using forker = ForkerProcess.spawn(directory.path);
      assert.deepEqual(await forker.ended(), { code: 1, signal: null });
      assert.match(
        forker.stderr,
        new RegExp(
          `process ${process.pid} is a keeper of version 2; this Hatchery reads version 1; its sessions continue;`,
        ),
      );
    }
    assert.ok(heard.every((text) => !text.includes('"quit"')));
    await new Promise((resolve) => keeper.close(resolve));
    await assertNothingLeft(directory.path, baseline);
  });

  it('does not start with its log of events, and leaves that as it is', async () => {
    using directory = temporaryDirectory();
    const events = join(directory.path, 'events');
    mkdirSync(events, { mode: 0o700 });
    const path = join(events, 'events-0000000000000000.log');
    // As `encodeRecord` writes it: the CRC-32 of the JSON comes first.
    const newer = '843390fa {"format":2}\n';
    writeFileSync(path, newer);
    await using forker = ForkerProcess.spawn(directory.path);
    assert.deepEqual(await forker.ended(), { code: 1, signal: null });
    assert.match(forker.stderr, /cannot use .*events: .*segment of the event log of version 2/);
    assert.equal(readFileSync(path, 'utf8'), newer);
  });

  it('refuses an offer to take over in words', () => {
    using directory = temporaryDirectory();
    const config = loadConfig({ directory: '/nowhere', stateDirectory: directory.path });
    const parts = dirname(partRecordPath(config, 'forker'));
    mkdirSync(parts, { recursive: true });
    assert.equal(readOffer(config, 7), null);
    writeFileSync(join(parts, 'forker-7.offer'), '{"format":2}');
    assert.throws(
      () => readOffer(config, 7),
      /forker-7\.offer is an offer to take over of version 2/,
    );
  });
});
