import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PipePeer, RawClient } from '@hatchery/testkit';
import { cannotRunSystemd, PrivateSystemd } from './harness/private-systemd.ts';
import { assertDone } from './harness/outcome.ts';
import { until } from './harness/run.ts';

const skip = cannotRunSystemd();
const unitGroup = '/system.slice/hatchery.service';

/** A session that runs, its pid inside. */
async function openSession(systemd: PrivateSystemd): Promise<{ pid: number; client: RawClient; peer: PipePeer }> {
  const client = await RawClient.connect(systemd.path('/run/hatchery/forker.sock'));
  client.send('fork launchpad-replay\n');
  const [, pid = '', directory = ''] = await client.read(/^ok\n(\d+)\n(.*)\n/);
  const peer = new PipePeer(systemd.path(directory));
  peer.send('1 here\n');
  await peer.read('stdout', /here/);
  return { pid: Number(pid), client, peer };
}

/** What systemd knows of the unit. */
async function show(systemd: PrivateSystemd, ...names: string[]): Promise<string[]> {
  const { stdout } = await systemd.run('systemctl', 'show', 'hatchery', ...names.map((name) => `--property=${name}`));
  return stdout.trim().split('\n');
}

describe('the delivered unit, under a systemd', { skip }, () => {
  it('serves as its own user, each session in a control group of its own, and stops in good order', async () => {
    await using systemd = await PrivateSystemd.start();
    const { pid, client, peer } = await openSession(systemd);
    const group = systemd.groupOf(pid);
    assert.match(group, new RegExp(`^${unitGroup}/hatchery-sessions-[0-9a-f]{6}/${pid}$`));
    const status = readFileSync(systemd.path(`/proc/${pid}/status`), 'utf8');
    const uid = statSync(systemd.path('/var/lib/hatchery')).uid;
    assert.notEqual(uid, 0);
    assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(readFileSync(systemd.path(`/proc/${pid}/limits`), 'utf8'), /^Max cpu time +3600 +3605 /m);
    assert.equal(readFileSync(systemd.path(`/proc/${pid}/oom_score_adj`), 'utf8').trim(), '1000');
    assert.deepEqual(await show(systemd, 'OOMPolicy', 'OOMScoreAdjust'), ['OOMPolicy=continue', 'OOMScoreAdjust=-900']);
    peer.endSending();
    assert.match(await client.readToEnd(), /\nexited\n0\n$/);
    await until('the end of its group', () => !existsSync(systemd.path(`/sys/fs/cgroup${group}`)));
    assert.equal(systemd.log.match(/control groups of their own/g)?.length, 1);

    const [url = ''] = /bzr\+ssh:\/\/\S+/.exec(systemd.log) ?? [];
    const branch = `BRZ_SSH=/var/lib/hatchery/demo/ssh brz branch ${url} /run/copy`;
    assertDone(await systemd.run('/bin/sh', '-c', branch));

    assertDone(await systemd.run('systemctl', 'stop', 'hatchery'));
    assert.deepEqual(await show(systemd, 'ActiveState', 'Result'), ['Result=success', 'ActiveState=inactive']);
    assert.equal(existsSync(systemd.path(`/sys/fs/cgroup${unitGroup}`)), false);
    assert.equal(existsSync(systemd.path('/run/hatchery')), false);
  });

  it('serves without delegation too, and says once that sessions have no groups of their own', async () => {
    await using systemd = await PrivateSystemd.start('Delegate=no\n');
    const { pid, client, peer } = await openSession(systemd);
    assert.equal(systemd.groupOf(pid), unitGroup);
    peer.endSending();
    assert.match(await client.readToEnd(), /\nexited\n0\n$/);
    const lines = systemd.log.split('\n').filter((line) => line.includes('control groups of their own'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /sessions get no control groups.*is not delegated to this service/);
    const below = readdirSync(systemd.path(`/sys/fs/cgroup${unitGroup}`), { withFileTypes: true });
    assert.deepEqual(
      below.filter((entry) => entry.isDirectory()).map(({ name }) => name),
      [],
    );
  });
});
