import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Client } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { assertRefused } from '../test-support/outcome.ts';
import { useInstance } from '../test-support/use-instance.ts';

/** Commands of brz that look for single files on the server, besides what they are about. */
for (const fileReads of [false, true])
  describe(`with hosting.file_reads = ${fileReads}`, () => {
    let instance: Instance;
    let demo: Client;
    let trunk: string;

    useInstance(async (started) => {
      ({ instance, client: demo } = started);
      trunk = instance.url('~demo/project/trunk');
      await demo.brz('init', '-q', 'tree');
      writeFileSync(demo.path('tree', 'file'), 'one\n');
      await demo.brz('add', '-q', 'tree');
      await demo.brz('commit', '-q', '-m', 'one', 'tree');
      await demo.brz('push', '-q', '-d', 'tree', trunk);
    }, `[hosting]\nfile_reads = ${fileReads}\n`);

    const revno = async (place: string): Promise<number> => Number(await demo.brz('revno', place));

    it('commits in a checkout, and in a bound branch', async () => {
      await demo.brz('checkout', '-q', trunk, 'checkout');
      appendFileSync(demo.path('checkout', 'file'), 'two\n');
      const before = await revno(trunk);
      assert.match(
        (await demo.try('commit', '-m', 'two', 'checkout')).stderr,
        /Committed revision \d+\.\n$/,
      );
      await demo.brz('branch', '-q', '--bind', trunk, 'bound');
      await demo.brz('commit', '-q', '--unchanged', '-m', 'three', 'bound');
      assert.equal(await revno(trunk), before + 2);
    });

    it('pulls and merges from an address', async () => {
      await demo.brz('branch', '-q', '-r', '1', trunk, 'behind');
      await demo.brz('pull', '-q', '-d', 'behind', trunk);
      assert.equal(await revno('behind'), await revno(trunk));
      await demo.brz('branch', '-q', '-r', '1', trunk, 'aside');
      await demo.brz('commit', '-q', '--unchanged', '-m', 'aside', 'aside');
      await demo.brz('merge', '-q', '-d', 'aside', trunk);
      assert.equal(
        readFileSync(demo.path('aside', 'file'), 'utf8'),
        readFileSync(demo.path('behind', 'file'), 'utf8'),
      );
    });

    it('makes branches and repositories at an address, and their directories', async () => {
      const at = (name: string): string => instance.url(`~demo/new/${name}`);
      await demo.brz('init', '-q', at('fresh'));
      await demo.brz('branch', '-q', trunk, at('copy'));
      await demo.brz('init-shared-repository', '-q', at('shared'));
      await demo.brz('init', '-q', at('shared/one'));
      assert.equal(await revno(at('copy')), await revno(trunk));
      const made = readdirSync(join(instance.hostingRoot, '~demo/new'), { recursive: true }).map(
        String,
      );
      assert.deepEqual(made.filter((path) => !path.includes('.bzr')).toSorted(), [
        'copy',
        'fresh',
        'shared',
        'shared/one',
      ]);
      assertRefused(await demo.try('init', at('fresh')), 3, /Already a branch/);
      assertRefused(
        await demo.try('init', instance.url('~demo/no/such/parent/x')),
        3,
        /Parent directory .* does not exist/,
      );
      assertRefused(
        await demo.try('init', instance.url('~else/new')),
        3,
        /Permission denied.*you may write under ~demo\/$/m,
      );
      assert.equal(readdirSync(instance.hostingRoot).includes('~else'), false);
    });

    it('says what to do instead of a commit in a lightweight checkout', async () => {
      await demo.brz('checkout', '-q', '--lightweight', trunk, 'light');
      await demo.brz('update', '-q', 'light');
      const before = await revno(trunk);
      const refused = await demo.try('commit', '--unchanged', '-m', 'light', 'light');
      assertRefused(
        refused,
        3,
        /ERROR: .*a lightweight checkout cannot commit here: .*made without --lightweight/,
      );
      assert.doesNotMatch(refused.stderr, /mismatched/);
      assert.equal(await revno(trunk), before);
    });

    it('reads the files that make up a branch', async () => {
      await demo.brz('checkout', '-q', '--lightweight', trunk, 'annotated');
      await demo.brz('branch', '-q', '--stacked', trunk, 'stacked');
      await demo.brz('check', trunk);
      assert.match(await demo.brz('annotate', 'annotated/file'), /one$/m);
      assert.match(await demo.brz('log', '--line', `${trunk}/file`), /one/);
      assert.equal(await demo.brz('branches', '-R', instance.url('~demo/project')), 'trunk\n');
    });

    it('pulls from an address in a checkout', async () => {
      await demo.brz('branch', '-q', trunk, 'ahead');
      await demo.brz('commit', '-q', '--unchanged', '-m', 'ahead', 'ahead');
      await demo.brz('push', '-q', '-d', 'ahead', instance.url('~demo/project/ahead'));
      await demo.brz('checkout', '-q', trunk, 'pulling');
      await demo.brz('pull', '-q', '-d', 'pulling', instance.url('~demo/project/ahead'));
      assert.equal(await revno(trunk), await revno('ahead'));
    });

    it('upgrades no branch in place, and says how to do it', async () => {
      const outcome = await demo.try('upgrade', '--format=development-colo', trunk);
      assertRefused(
        outcome,
        3,
        /a branch is not upgraded in place here: upgrade a copy and push it/,
      );
      assert.ok((await revno(trunk)) > 0);
    });
  });
