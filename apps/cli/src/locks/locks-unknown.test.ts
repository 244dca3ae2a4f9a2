import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { controlSocketPath, loadConfig } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { hatchery } from '../../test-support/terminal.ts';

/** A service that accepts connections and sends nothing, like one that hangs. */
async function hungService(stateDirectory: string): Promise<Server & AsyncDisposable> {
  const path = controlSocketPath(loadConfig({ stateDirectory, directory: stateDirectory }));
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return Object.assign(server, { [Symbol.asyncDispose]: async () => void server.close() });
}

describe('hatchery locks, when it cannot know', () => {
  it('fails when a service runs and does not answer, and does not say that no lock is held', async () => {
    using directory = temporaryDirectory();
    await using _service = await hungService(directory.path);
    const { code, stdout, said } = await hatchery('locks', '--state-dir', directory.path);
    assert.deepEqual(
      [code, stdout],
      [1, 'no lock of a script is held; those of branches are not known\n'],
    );
    assert.match(
      said[0] ?? '',
      /^locks: only those of scripts: the fork service on .* gives no answer/,
    );
    const watched = await hatchery('locks', '--watch', '--state-dir', directory.path);
    assert.deepEqual([watched.code, watched.stdout], [1, '']);
  });

  it('says so where no service runs, too', async () => {
    using directory = temporaryDirectory();
    const { code, stdout } = await hatchery('locks', '--state-dir', directory.path);
    assert.deepEqual(
      [code, stdout],
      [0, 'no lock of a script is held; those of branches are not known\n'],
    );
  });

  it('names a locks directory that is not a directory', async () => {
    using directory = temporaryDirectory();
    const config = join(directory.path, 'hatchery.toml');
    writeFileSync(config, '[locks]\ndir = "/etc/passwd"\n');
    const { code, said } = await hatchery(
      'locks',
      '--config',
      config,
      '--state-dir',
      directory.path,
    );
    assert.equal(code, 1);
    assert.match(
      said.at(-1) ?? '',
      /^locks: the locks directory \/etc\/passwd is not a directory, .*ENOTDIR.*; name a/,
    );
  });
});
