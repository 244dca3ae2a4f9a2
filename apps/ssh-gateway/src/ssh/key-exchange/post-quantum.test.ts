import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@hatchery/testkit';
import { fileURLToPath } from 'node:url';
import { run, serveLine, type ClientResult } from '../../../testing/clients.ts';
import { metricOf } from '../../../testing/control.ts';
import { Stand } from '../../../testing/stand.ts';
import { hybridKeyExchange } from './hybrid-key-exchange.ts';

const program = fileURLToPath(new URL('../../../testing/russh-client.ts', import.meta.url));

function russh({ alice }: Stand, kex: string, input: Buffer): Promise<ClientResult> {
  return run(
    process.execPath,
    [program, String(alice.port), alice.user, alice.key, kex, serveLine],
    input,
  );
}

test('trap K: an independent client agrees on mlkem768x25519-sha256 alone and runs a session', async () => {
  await using stand = await Stand.open();
  // Half of all secrets differ when K is encoded as a number, so one agreement proves little.
  for (let round = 0; round < 8; round += 1) {
    const { code, stdout, stderr } = await russh(
      stand,
      hybridKeyExchange,
      Buffer.from(`round ${round}`),
    );
    assert.deepEqual([code, stdout.toString()], [0, `round ${round}`], stderr);
  }
});

test('trap K: a rekey with mlkem768x25519-sha256 in the middle of a transfer loses nothing', async () => {
  await using stand = await Stand.open({ limits: { rekeyBytes: 1024 * 1024 } });
  const content = Buffer.from(
    Array.from({ length: 400_000 }, (_, number) => `${number} `).join(''),
  );
  const { stdout, stderr } = await russh(stand, hybridKeyExchange, content);
  assert.equal(
    stdout.equals(content),
    true,
    `${stdout.length} of ${content.length} bytes: ${stderr}`,
  );
  await until(
    'the rekeys to be counted',
    async () => ((await metricOf(stand, 'hatchery_ssh_rekeys_total')) ?? 0) >= 2,
  );
});

test('a client that has only an exchange we do not offer is refused', async () => {
  await using stand = await Stand.open();
  const { code, stderr } = await russh(stand, 'diffie-hellman-group14-sha256', Buffer.alloc(0));
  assert.notEqual(code, 0);
  assert.match(stderr, /NoCommonAlgo .*"mlkem768x25519-sha256", "curve25519-sha256"/);
});
