import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { ask } from '../testing/control.ts';
import { makeFirstUse } from '../testing/first-use.ts';
import { GatewayProcess } from '../testing/gateway-process.ts';

/** A gateway of one's own with so many descriptors allowed. */
function gatewayWith(descriptors: number, directory: string, ssh: string): GatewayProcess {
  const forker = '[forker]\nmax_children = 20\n[log]\nformat = "json"\n';
  makeFirstUse(directory, 'alice');
  writeFileSync(
    join(directory, 'hatchery.toml'),
    `[ssh]\nlisten = "127.0.0.1:0"\n${ssh}\n${forker}`,
  );
  return new GatewayProcess(directory, [], ['prlimit', `--nofile=${descriptors}:${descriptors}`]);
}

test('a gateway with fewer descriptors than its sessions need does not start, and says so', async () => {
  using directory = temporaryDirectory();
  const gateway = gatewayWith(100, directory.path, '');
  await assert.rejects(gateway.port());
  assert.match(
    gateway.stderr,
    /"msg":"100 open files are allowed and 20 sessions need 228: raise it /,
  );
});

/**
 * What a client is told until it is sent away; null when it is let stay, as one that is greeted.
 */
async function heardBy(socket: Socket): Promise<string> {
  let heard = '';
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await within(
    'an answer',
    Promise.race([closed, new Promise((resolve) => socket.once('data', resolve))]),
  );
  return heard;
}

for (const workers of [1, 2])
  test(`with ${workers} worker process(es), who comes when descriptors run out reads so, and it is logged and counted`, async () => {
    using directory = temporaryDirectory();
    const room = 'max_startups = "900:1:1000"\nmax_startups_per_source = 1000';
    const gateway = gatewayWith(232, directory.path, `${room}\nworkers = ${workers}`);
    const sockets: Socket[] = [];
    try {
      const port = await gateway.port();
      const told = async (): Promise<string> => {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        return heardBy(socket);
      };
      const connections = 260 * workers;
      const heard = await Promise.all(Array.from({ length: connections }, told));
      const refused = heard.filter((words) => words.includes('out of file descriptors'));
      assert.ok(refused.length > 0, 'some were told');
      assert.equal(
        heard.filter((words) => words === '').length,
        0,
        'nobody was cut off without a word',
      );
      assert.ok(gateway.lines('out of descriptors').length > 0);
      const control = { socketPath: join(directory.path, 'run', 'gateway.sock') };
      const { text } = await ask(control, '/metrics');
      const counted =
        /^hatchery_ssh_connections_refused_total\{reason="descriptors"\} (\d+)$/m.exec(text)?.[1];
      assert.equal(Number(counted), refused.length);
      for (const socket of sockets.splice(0)) socket.destroy();
      await until(
        'a new one to be let in',
        async () => (await told()).startsWith('SSH-2.0-') && !(await told()).includes('out of'),
      );
    } finally {
      for (const socket of sockets) socket.destroy();
      await gateway.kill('SIGKILL');
    }
  });
