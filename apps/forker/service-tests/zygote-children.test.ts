// Long: one suite; starting a service for each of several files would cost more.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { controlRequest } from '@hatchery/event-feed';
import {
  assertNothingLeft,
  ForkerProcess,
  OldClient,
  runSession,
  takeBaseline,
  until,
} from '@hatchery/testkit';
import { temporaryDirectory } from '@hatchery/testkit';
import { readZygotePid } from './one-forker.test-support.ts';

/** Runs `story` with a forker, and asserts that it leaves nothing. */
async function withForker(
  options: { config: string },
  story: (forker: ForkerProcess) => Promise<void>,
): Promise<void> {
  using directory = temporaryDirectory();
  const baseline = takeBaseline();
  {
    await using forker = await ForkerProcess.start(directory.path, { config: options.config });
    await story(forker);
    assert.deepEqual(await forker.stop(), { code: 0, signal: null });
  }
  await assertNothingLeft(directory.path, baseline);
}

/** Runs `story` with a session that has said something, and ends it. */
async function withSession(
  forker: ForkerProcess,
  story: (pid: number, client: OldClient) => Promise<void>,
): Promise<void> {
  using client = await OldClient.fork(
    forker.socket,
    'fork-env launchpad-replay\nBRZ_EMAIL: jo@example.org\nend\n',
  );
  const peer = client.open();
  peer.send('1 here\n');
  await peer.read('stdout', /here\n/);
  await story(client.pid, client);
  peer.endSending();
  assert.equal(await client.exited(), 0);
}

/** One line of /proc/<pid>/status, as `Umask`. */
function status(pid: number, field: string): string {
  return (
    new RegExp(`^${field}:\\s+(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ??
    ''
  );
}

/** Soft and hard limit as /proc/<pid>/limits has them. */
function limit(pid: number, name: string): string[] {
  const line = new RegExp(`^Max ${name} +(\\S+) +(\\S+)`, 'm').exec(
    readFileSync(`/proc/${pid}/limits`, 'utf8'),
  );
  return [line?.[1] ?? '', line?.[2] ?? ''];
}

const bit = (number: number): bigint => 1n << BigInt(number - 1);

describe('a forked child', () => {
  it('has a process group, a session, a place and an environment of its own', async () => {
    await withForker({ config: '' }, async (forker) => {
      await withSession(forker, async (pid) => {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        assert.deepEqual([Number(group), Number(session)], [pid, pid]);
        assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
        const own = Number.parseInt(status(process.pid, 'Umask') ?? '', 8);
        assert.equal(status(pid, 'Umask'), `0${(own | 0o007).toString(8).padStart(3, '0')}`);
        // What it was given when it was executed; a fork does not change that text.
        const names = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        assert.ok(names.includes('LANG=C.UTF-8'));
        assert.deepEqual(
          names.filter(
            (name) => name !== '' && !/^(PATH|LANG|HOME|TMPDIR|BRZ_\w+|HATCHERY_\w+)=/.test(name),
          ),
          [],
        );
      });
    });
  });

  it('has all of these whatever the service was started with, and its umask', async () => {
    const before = {
      umask: process.umask(0o077),
      cwd: process.cwd(),
      environment: { ...process.env },
    };
    Object.assign(process.env, {
      LC_ALL: 'tr_TR.UTF-8',
      PYTHONPATH: '/nowhere',
      BZR_EMAIL: 'a@b',
      SECRET: 'x',
    });
    process.chdir('/tmp');
    try {
      await withForker({ config: '' }, async (forker) => {
        await withSession(forker, async (pid) => {
          assert.equal(status(pid, 'Umask'), '0077');
          assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
          assert.doesNotMatch(
            readFileSync(`/proc/${pid}/environ`, 'utf8'),
            /LC_ALL|PYTHONPATH|BZR_EMAIL|SECRET/,
          );
        });
        assert.match(
          (await runSession(forker.socket, 'fork whoami\n')).stderr,
          /BRZ_EMAIL is not set/,
        );
      });
    } finally {
      process.umask(before.umask);
      process.chdir(before.cwd);
      process.env = before.environment;
    }
  });

  it('holds its three pipes and its channel, and nothing else', async () => {
    await withForker({ config: '' }, async (forker) => {
      using waiting = await OldClient.fork(forker.socket, 'fork rocks\n');
      await withSession(forker, async (pid) => {
        const descriptors = readdirSync(`/proc/${pid}/fd`).map((name) =>
          readlinkSync(`/proc/${pid}/fd/${name}`),
        );
        assert.deepEqual(
          descriptors.map((target) =>
            target.replace(/.*\/(stdin|stdout|stderr) \(deleted\)$/, '$1').replace(/:.*/, ''),
          ),
          ['stdin', 'stdout', 'stderr', 'socket'],
        );
      });
      waiting.open();
      assert.equal(await waiting.exited(), 0);
    });
  });

  it('blocks no signal, and ignores none but those Python turns into errors', async () => {
    await withForker({ config: '' }, async (forker) => {
      await withSession(forker, async (pid) => {
        assert.equal(BigInt(`0x${status(pid, 'SigBlk')}`), 0n);
        // SIGPIPE and SIGXFSZ become EPIPE and EFBIG. 32 and 33 are the C library's own, which
        // nobody else can set.
        const ignored = BigInt(`0x${status(pid, 'SigIgn')}`) & ~(bit(32) | bit(33));
        assert.equal(ignored, bit(13) | bit(25));
        const caught = BigInt(`0x${status(pid, 'SigCgt')}`);
        for (const number of [1, 14, 15, 17])
          assert.equal(caught & bit(number), 0n, `signal ${number} is caught`);
      });
    });
  });

  it('can gain no rights, and has the limits of the configuration', async () => {
    const config =
      '[limits]\ncpu_s = 77\naddress_space_bytes = 1000000000\nopen_files = 99\nfile_size_bytes = 1000000\n';
    await withForker({ config }, async (forker) => {
      await withSession(forker, async (pid) => {
        assert.equal(status(pid, 'NoNewPrivs'), '1');
        // The signal of the soft one says which limit it was; the hard one ends who ignores it.
        assert.deepEqual(limit(pid, 'cpu time'), ['77', '82']);
        assert.deepEqual(limit(pid, 'address space'), ['1000000000', '1000000000']);
        assert.deepEqual(limit(pid, 'open files'), ['99', '99']);
        assert.deepEqual(limit(pid, 'file size'), ['1000000', '1000000']);
      });
      // It lives for weeks: a limit on its computing time would end it, and every service with it.
      assert.equal(limit(await readZygotePid(forker), 'cpu time')[0], 'unlimited');
    });
  });

  it('has no limit that is switched off', async () => {
    const config =
      '[limits]\ncpu_s = 0\naddress_space_bytes = 0\nopen_files = 0\nfile_size_bytes = 0\n';
    await withForker({ config }, async (forker) => {
      await withSession(forker, async (pid) => {
        for (const name of ['cpu time', 'address space', 'file size', 'open files'])
          assert.deepEqual(
            limit(pid, name),
            limit(forker.pid, name).map(() => limit(forker.pid, name)[1]),
          );
      });
    });
  });

  it('that computes for longer than it may ends by SIGXCPU or SIGKILL', async () => {
    await withForker({ config: '[limits]\ncpu_s = 1\n' }, async (forker) => {
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      const peer = client.open();
      // More than a second of computing for one byte of answer each.
      for (let part = 0; part < 40; part += 1) peer.send('2 x\n'.repeat(100_000));
      const ended = await client.exited();
      assert.ok([9, 24].includes(ended & 0x7f), `wait status ${ended}`);
    });
  });
});

describe('a child that meets a limit', () => {
  it('of memory fails alone, and says so', async () => {
    await withForker({ config: '[limits]\naddress_space_bytes = 268435456\n' }, async (forker) => {
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      const peer = client.open();
      peer.send('1 ');
      // One line that it has to hold.
      for (let part = 0; part < 150; part += 1) peer.send('x'.repeat(1_000_000));
      peer.endSending();
      // The status of what met a limit (decision 0045).
      assert.equal(await client.exited(), 73 << 8);
      assert.match((await peer.finished()).stderr, /memory/i);
      assert.equal((await runSession(forker.socket, 'fork rocks\n')).status, 0);
    });
  });
});

describe('what a child has to report', () => {
  it('of an error of ours goes to the log with its id, and the client reads one line of it on stderr', async () => {
    await withForker({ config: '' }, async (forker) => {
      using client = await OldClient.fork(forker.socket, 'fork assert-fail\n');
      const { stdout, stderr } = await client.open().finished();
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^brz: ERROR: internal error: AssertionError; the traceback is in the service's log\n$/,
      );
      assert.equal(await client.exited(), 4 << 8);
      const line = await until(
        'the report',
        () => /^.*a child reports.*$/m.exec(forker.stderr)?.[0],
      );
      assert.ok(line.includes(`"childId":"${client.id}"`), line);
      assert.match(line, /Traceback .*AssertionError: always fails/);
      // It has ended, and its last words can still be asked for.
      const told = (await controlRequest(
        forker.controlSocket,
        'GET',
        `/v1/children/${client.id}/log`,
      )) as {
        lines: { text: string }[];
      };
      assert.match(told.lines[0]?.text ?? '', /^Traceback /);
      assert.match(told.lines.at(-1)?.text ?? '', /^AssertionError: always fails$/);
      assert.ok(told.lines.length > 2);
    });
  });

  it('of an error of its user stays with the user', async () => {
    await withForker({ config: '' }, async (forker) => {
      const { stderr, status: ended } = await runSession(forker.socket, 'fork no-such-command\n');
      assert.match(stderr, /^brz: ERROR: unknown command "no-such-command"\n$/);
      assert.equal(ended, 3 << 8);
      assert.doesNotMatch(forker.stderr, /a child reports/);
    });
  });

  it('of a crash goes to the log with its id, and not to the client', async () => {
    await withForker({ config: '' }, async (forker) => {
      using client = await OldClient.fork(forker.socket, 'fork launchpad-replay\n');
      const peer = client.open();
      peer.send('1 here\n');
      await peer.read('stdout', /here\n/);
      process.kill(client.pid, 'SIGSEGV');
      assert.equal((await client.exited()) & 0x7f, 11);
      assert.equal((await peer.finished()).stderr, '');
      const line = await until(
        'the report',
        () => /^.*a child reports.*$/m.exec(forker.stderr)?.[0],
      );
      assert.ok(line.includes(`"childId":"${client.id}"`), line);
      assert.match(line, /Fatal Python error: Segmentation fault.*in launchpad_replay/);
    });
  });
});
