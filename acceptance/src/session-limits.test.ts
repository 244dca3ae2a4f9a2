import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import test from 'node:test';
import { Client } from '../test-support/client.ts';
import type { Instance } from '../test-support/instance.ts';
import { until } from '../test-support/run.ts';
import { useInstance } from '../test-support/use-instance.ts';

/** Unpacked; some hundred kilobytes on the wire. */
const fileBytes = 120_000_000;

let instance: Instance;

useInstance((started) => {
  ({ instance } = started);
}, 'metrics_from = ["127.0.0.1"]\n[limits]\naddress_space_bytes = 268435456\n');

test('when a push unpacks to more than a session may have, its user and a metric see the limit’s name', async () => {
  const client = new Client(instance);
  await client.brz('init', '-q', 'large');
  const file = await open(client.path('large', 'zeros'), 'w');
  await file.truncate(fileBytes);
  await file.close();
  // By its name: brz leaves out large files that it finds itself.
  await client.brz('add', '-q', 'large/zeros');
  await client.brz('commit', '-q', '-m', 'zeros', 'large');
  const pushed = await client.try('push', '-d', 'large', instance.url('~demo/large/trunk'));
  assert.notEqual(pushed.code, 0);
  assert.match(
    pushed.stderr,
    /^hatchery: .*used up the memory it may have \(limit address_space_bytes\); do less/m,
  );

  const metric = 'hatchery_sessions_ended_by_limit_total{limit="address_space_bytes"} 1\n';
  await until('the metric', async () => (await metrics()).includes(metric));
  // The service and its other sessions are not affected.
  await client.brz('revno', instance.url('~demo/sample/trunk'));
});

async function metrics(): Promise<string> {
  return (await fetch(new URL('/metrics', instance.ready.dashboard))).text();
}
