import assert from 'node:assert/strict';
import test from 'node:test';
import { Client, dbclient, plink } from '../test-support/client.ts';
import { makeHistory } from '../test-support/history.ts';
import type { Instance } from '../test-support/instance.ts';
import { useInstance } from '../test-support/use-instance.ts';

let instance: Instance;
let client: Client;
let history: string;

useInstance(async (started) => {
  ({ instance, client } = started);
  history = await makeHistory(client, 'history', { revisions: 120, files: 40 }, 11);
  await client.brz('push', '-q', '-d', history, instance.url('~demo/project/trunk'));
});

test('eight clients at once branch, commit and push, each its own', async () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  await Promise.all(
    numbers.map(async (number) => {
      const target = instance.url(`~demo/project/feature-${number}`);
      await client.brz('branch', '-q', instance.url('~demo/project/trunk'), `copy-${number}`);
      await client.brz('commit', '-q', '--unchanged', '-m', `by ${number}`, `copy-${number}`);
      await client.brz('push', '-q', '-d', `copy-${number}`, target);
      assert.equal(
        await client.brz('revision-history', target),
        await client.brz('revision-history', `copy-${number}`),
      );
    }),
  );
});

for (const [name, makeSsh] of [
  ['dbclient', dbclient],
  ['plink', plink],
] as const) {
  test(`${name} under brz branches and pushes`, async () => {
    const other = new Client(instance, { ssh: await makeSsh(instance) });
    await other.brz('branch', '-q', instance.url('~demo/project/trunk'), name);
    await other.brz('commit', '-q', '--unchanged', '-m', `by ${name}`, name);
    await other.brz('push', '-q', '-d', name, instance.url(`~demo/project/${name}`));
    const pushed = await client.brz('revision-history', instance.url(`~demo/project/${name}`));
    assert.equal(pushed, await client.brz('revision-history', name));
  });
}
