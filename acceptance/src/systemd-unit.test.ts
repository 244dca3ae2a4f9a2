import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PipePeer, RawClient } from '@hatchery/testkit';
import { cannotRunSystemd, PrivateSystemd } from '../test-support/private-systemd.ts';
import { assertDone } from '../test-support/outcome.ts';
import { until } from '../test-support/run.ts';

const skip = cannotRunSystemd();
const unitGroup = '/system.slice/hatchery.service';

/** A running session, and its pid inside. */
async function openSession(
  systemd: PrivateSystemd,
): Promise<{ pid: number; client: RawClient; peer: PipePeer }> {
  const client = await RawClient.connect(systemd.path('/run/hatchery/forker.sock'));
  client.send('fork launchpad-replay\n');
  const [, pid = '', directory = ''] = await client.read(/^ok\n(\d+)\n(.*)\n/);
  const peer = new PipePeer(systemd.path(directory));
  peer.send('1 here\n');
  await peer.read('stdout', /here/);
  return { pid: Number(pid), client, peer };
}

/** The effective capabilities of a part, and its uid. */
function capabilitiesOf(systemd: PrivateSystemd, part: string): [bigint, number] {
  const { pid } = JSON.parse(
    readFileSync(systemd.path(`/var/lib/hatchery/parts/${part}.json`), 'utf8'),
  ) as {
    pid: number;
  };
  const status = readFileSync(systemd.path(`/proc/${pid}/status`), 'utf8');
  const field = (name: string): string =>
    new RegExp(`^${name}:\\s+(\\w+)`, 'm').exec(status)?.[1] ?? '';
  return [BigInt(`0x${field('CapEff')}`), Number(field('Uid'))];
}

/** The properties of the unit, as systemd shows them. */
async function show(systemd: PrivateSystemd, ...names: string[]): Promise<string[]> {
  const { stdout } = await systemd.run(
    'systemctl',
    'show',
    'hatchery',
    ...names.map((name) => `--property=${name}`),
  );
  return stdout.trim().split('\n');
}

describe('the delivered unit, under a systemd', { skip }, () => {
  it('serves as its own user, each session in a control group of its own, and stops cleanly', async () => {
    await using systemd = await PrivateSystemd.start();
    const { pid, client, peer } = await openSession(systemd);
    const group = systemd.groupOf(pid);
    assert.match(group, new RegExp(`^${unitGroup}/hatchery-sessions-[0-9a-f]{6}/${pid}$`));
    const status = readFileSync(systemd.path(`/proc/${pid}/status`), 'utf8');
    const uid = statSync(systemd.path('/var/lib/hatchery/hosting')).uid;
    const service = statSync(systemd.path('/var/lib/hatchery')).uid;
    assert.equal(
      new Set([0, uid, service]).size,
      3,
      'root, the service and sessions are three accounts',
    );
    assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    for (const set of ['Inh', 'Prm', 'Eff', 'Amb'])
      assert.match(status, new RegExp(`^Cap${set}:\\t0+$`, 'm'));
    assert.match(
      readFileSync(systemd.path(`/proc/${pid}/limits`), 'utf8'),
      /^Max cpu time +3600 +3605 /m,
    );
    assert.equal(readFileSync(systemd.path(`/proc/${pid}/oom_score_adj`), 'utf8').trim(), '1000');
    assert.deepEqual(await show(systemd, 'OOMPolicy', 'OOMScoreAdjust'), [
      'OOMPolicy=continue',
      'OOMScoreAdjust=-900',
    ]);
    for (const part of ['ssh-gateway', 'dashboard'])
      assert.deepEqual(capabilitiesOf(systemd, part), [0n, service]);
    assert.deepEqual(capabilitiesOf(systemd, 'forker'), [0x800e3n, service]);
    assert.doesNotMatch(systemd.log, /Sessions lack an account/);
    peer.endSending();
    assert.match(await client.readToEnd(), /\nexited\n0\n$/);
    const stuck = await openSession(systemd);
    const config = ['--config', '/etc/hatchery.toml'];
    assertDone(
      await systemd.run(
        '/opt/hatchery/hatchery',
        'kill',
        `${stuck.pid}`,
        ...config,
        '--signal',
        'KILL',
        '--reason',
        'it is stuck',
      ),
    );
    assert.match(await stuck.client.readToEnd(), /\nexited\n9\n$/);
    await until('the end of its group', () => !existsSync(systemd.path(`/sys/fs/cgroup${group}`)));
    assert.equal(systemd.log.match(/control groups of their own/g)?.length, 1);

    const [url = ''] = /bzr\+ssh:\/\/\S+/.exec(systemd.log) ?? [];
    const branch = `BRZ_SSH=/var/lib/hatchery/demo/ssh brz branch ${url} /run/copy`;
    assertDone(await systemd.run('/bin/sh', '-c', branch));
    // A hosting root that passes on its group, as teams use it: RestrictSUIDSGID= would forbid what
    // sessions make there.
    assertDone(await systemd.run('chgrp', 'hatchery-sessions', '/var/lib/hatchery/hosting/~demo'));
    assertDone(await systemd.run('chmod', '2770', '/var/lib/hatchery/hosting/~demo'));
    const push = `BRZ_SSH=/var/lib/hatchery/demo/ssh brz push -d /run/copy ${url.replace('/sample/', '/pushed/')}`;
    assertDone(await systemd.run('/bin/sh', '-c', push));
    const pushed = statSync(systemd.path('/var/lib/hatchery/hosting/~demo/pushed/trunk'));
    assert.deepEqual([pushed.uid, (pushed.mode & 0o7777).toString(8)], [uid, '2770']);

    assertDone(await systemd.run('systemctl', 'stop', 'hatchery'));
    assert.deepEqual(await show(systemd, 'ActiveState', 'Result'), [
      'Result=success',
      'ActiveState=inactive',
    ]);
    assert.equal(existsSync(systemd.path(`/sys/fs/cgroup${unitGroup}`)), false);
    assert.equal(existsSync(systemd.path('/run/hatchery')), false);
  });

  it('serves without delegation too, and says once that sessions have no groups of their own', async () => {
    await using systemd = await PrivateSystemd.start('Delegate=no\n');
    const { pid, client, peer } = await openSession(systemd);
    assert.equal(systemd.groupOf(pid), unitGroup);
    peer.endSending();
    assert.match(await client.readToEnd(), /\nexited\n0\n$/);
    const lines = systemd.log
      .split('\n')
      .filter((line) => line.includes('control groups of their own'));
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /sessions get no control groups.*is not delegated to this service/,
    );
    const below = readdirSync(systemd.path(`/sys/fs/cgroup${unitGroup}`), { withFileTypes: true });
    assert.deepEqual(
      below.filter((entry) => entry.isDirectory()).map(({ name }) => name),
      [],
    );
  });
});
