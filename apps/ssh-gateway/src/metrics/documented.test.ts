import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ask, controlOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';

const manual = readFileSync(
  fileURLToPath(new URL('../../../../docs/running-the-gateway.md', import.meta.url)),
  'utf8',
);

test('the manual explains every metric, and none that there is not', async () => {
  await using stand = await Stand.open({ ssh: { workers: 2 } });
  const { text } = await ask(controlOf(stand), '/metrics');
  const told = new Set([...text.matchAll(/^# TYPE hatchery_ssh_(\w+) /gm)].map(([, name]) => name));
  const rows = manual.split('\n').filter((line) => line.startsWith('| `'));
  const table = rows.slice(rows.findIndex((row) => row.startsWith('| `session_results_total')));
  const explained = table
    .slice(0, table.findIndex((row) => row.startsWith('| `draining`')) + 1)
    .flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`(\w+)(?:\{[^}]*\})?`/g)].map(([, name]) => name),
    );
  assert.deepEqual(explained.toSorted(), [...told].toSorted());
});
