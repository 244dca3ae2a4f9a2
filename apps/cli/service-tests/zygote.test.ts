import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  assertNothingLeft,
  ForkerProcess,
  runSession,
  takeBaseline,
  temporaryDirectory,
  until,
} from '@hatchery/testkit';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const built = new URL('../../forker/dist/preload.json', import.meta.url);

/** What a command says of the service in the directory. */
function hatchery(directory: string, word: string): string {
  const place = ['--config', join(directory, 'hatchery.toml'), '--state-dir', directory];
  return spawnSync(process.execPath, [main, word, ...place], { encoding: 'utf8' }).stdout;
}

describe('a zygote that fails while the service runs', () => {
  it('is explained by doctor and status, and the older one does not look failed', async () => {
    using directory = temporaryDirectory();
    const baseline = takeBaseline();
    const manifest = join(directory.path, 'preload.json');
    writeFileSync(manifest, readFileSync(built));
    {
      const options = ['--preload', manifest];
      const config = '[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\n';
      await using forker = await ForkerProcess.start(directory.path, { config, options });
      assert.match(hatchery(directory.path, 'doctor'), /^ok {7}zygote of the running service$/m);
      const { breezy } = JSON.parse(readFileSync(built, 'utf8')) as { breezy: string };
      writeFileSync(
        manifest,
        JSON.stringify({ format: 1, breezy, modules: ['no_such_module_anywhere'] }),
      );
      await until('the failure', () => /zygote failed/.test(forker.stderr));
      const [, told = ''] =
        /^TROUBLE {2}zygote of the running service: (.*)$/m.exec(
          hatchery(directory.path, 'doctor'),
        ) ?? [];
      assert.match(
        told,
        /^a newer one failed while importing no_such_module_anywhere: ModuleNotFoundError/,
      );
      assert.match(
        told,
        /tried (once|\d+ times), next at 2.*Z\); the one before \(pid \d+\) serves on; .*its stderr: /,
      );
      assert.match(
        hatchery(directory.path, 'status'),
        /^zygote +ready +\d+ .*a newer one failed while importing/m,
      );
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
      assert.deepEqual(await forker.stop(), { code: 0, signal: null });
    }
    await assertNothingLeft(directory.path, baseline);
  });
});
