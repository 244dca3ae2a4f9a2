import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { afterEach, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configText, hatcheryScript } from '../test-support/instance.ts';
import { assertNothingLeft } from '../test-support/nothing-left.ts';
import { run, type Outcome } from '../test-support/run.ts';

/**
 * `./hatchery` execs this once it has found everything installed; it also runs where something has
 * disappeared since then.
 */
const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

const debianPython = '/usr/lib/python3/dist-packages';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hatchery-acceptance-'));
});

afterEach(async () => {
  await assertNothingLeft(directory);
  rmSync(directory, { recursive: true });
});

test('all problems of a configuration are named at once, and nothing is made', async () => {
  const file = configure(
    `[forker]\nmax_children = "many"\nmax_childern = 3\n[shh]\nlisten = "x"\n`,
  );
  const outcome = await hatchery('up');
  assert.deepEqual(outcome.stderr.trim().split('\n'), [
    `hatchery: ${file}:9: forker.max_children: must be a whole number from 1 to 100000, not "many"`,
    `${file}:10: forker.max_childern: unknown key; did you mean forker.max_children?`,
    `${file}:11: shh: unknown table; did you mean ssh?`,
  ]);
  assert.equal(outcome.code, 1);
  assert.equal(outcome.stdout, '');
  assert.equal(existsSync(join(directory, 'state')), false);
});

test('a configuration that is not TOML is reported with its line', async () => {
  const file = configure('[log\n');
  assertOneLine(await hatchery('up'), new RegExp(`^hatchery: ${file}:8: `));
});

test('a configuration that is missing or unreadable is reported by its name', async () => {
  const file = join(directory, 'hatchery.toml');
  assertOneLine(await hatchery('up'), new RegExp(`^hatchery: ${file}: there is no such file$`));
  mkdirSync(file);
  assertOneLine(
    await hatchery('up'),
    new RegExp(`^hatchery: ${file}: is a directory; a configuration is a file`),
  );
  assertOneLine(
    await hatchery('start'),
    new RegExp(`^hatchery: ${file}: is a directory; a configuration is a file`),
  );
});

for (const [part, table] of [
  ['ssh-gateway', 'ssh'],
  ['dashboard', 'dashboard'],
] as const) {
  test(`a taken port of the ${part} ends the start with what to do`, async () => {
    using taken = await takePort();
    const file = configure();
    const text = configText(directory, '').replace(
      `[${table}]\nlisten = "127.0.0.1:0"`,
      `[${table}]\nlisten = "${taken.address}"`,
    );
    writeFileSync(file, text);
    const expected = new RegExp(
      `^hatchery: up: ${taken.address} is taken by another .*; stop .*hatchery\\.toml$`,
      'm',
    );
    const up = await hatchery('up', '--json');
    assert.match(up.stderr, expected);
    assert.equal(up.code, 1);
    assert.equal(up.stdout, '');
    await assertNothingLeft(directory);

    // The detached start prints that line, and no other.
    const detached = await hatchery('start');
    assertOneLine(detached, new RegExp(`^hatchery: start: ${taken.address} is taken by another `));
  });
}

test('a missing brz is reported with the command that installs it', async (t) => {
  if (!(await canUnmount(t))) return;
  mkdirSync(join(directory, 'dpkg'));
  writeFileSync(join(directory, 'dpkg', 'status'), '');
  configure();
  const outcome = await withoutBreezy([
    'env',
    `DPKG_ADMINDIR=${directory}/dpkg`,
    hatcheryScript,
    ...about('up'),
  ]);
  assertOneLine(
    outcome,
    /^hatchery: Debian packages are missing\. Run: sudo apt-get update && sudo apt-get install .*\bbrz\b/,
  );
  assert.equal(existsSync(join(directory, 'state')), false);
});

test('a brz whose files are gone is reported with the command that restores them', async (t) => {
  if (!(await canUnmount(t))) return;
  configure();
  const outcome = await withoutBreezy([hatcheryScript, ...about('up')]);
  assertOneLine(outcome, /^hatchery: .* Run: sudo apt-get install --reinstall python3-breezy$/);
  assert.equal(existsSync(join(directory, 'state')), false);
});

test('a fork service without Breezy ends with what to do', async (t) => {
  if (!(await canUnmount(t))) return;
  configure();
  const outcome = await withoutBreezy([process.execPath, program, ...about('forker')]);
  const last = outcome.stderr.trim().split('\n').at(-1) ?? '';
  assert.equal(last, 'forker: /usr/bin/python3 finds no Breezy; install it: apt-get install brz');
  assert.equal(outcome.code, 1);
  assert.doesNotMatch(outcome.stderr, /Listening on socket/);
});

/**
 * Writes the configuration of this test's directory and returns its path. Additions start at line
 * 8.
 */
function configure(extra = ''): string {
  const file = join(directory, 'hatchery.toml');
  writeFileSync(file, configText(directory, extra));
  return file;
}

function about(...words: string[]): string[] {
  return [...words, '--config', join(directory, 'hatchery.toml')];
}

function hatchery(...words: string[]): Promise<Outcome> {
  return run(hatcheryScript, about(...words), { environment: { HOME: directory } });
}

function assertOneLine({ code, stdout, stderr }: Outcome, expected: RegExp): void {
  assert.match(stderr.trim(), expected);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
  assert.equal(stdout, '');
  assert.equal(code, 1);
}

/**
 * Runs a program without Debian's Python packages, and without root, who would install them: both
 * in namespaces of its own, which nothing else on the machine sees.
 */
function withoutBreezy(argv: readonly string[]): Promise<Outcome> {
  const script = `mount -t tmpfs tmpfs ${debianPython} && exec unshare --user --map-user=1000 -- "$@"`;
  const namespaces = ['--user', '--map-root-user', '--mount'];
  return run('unshare', [...namespaces, 'sh', '-c', script, 'sh', ...argv], {
    environment: { HOME: directory },
  });
}

/**
 * Some containers allow no namespaces; the tests that need them then count as skipped, with the
 * reason.
 */
async function canUnmount(t: { skip(reason: string): void }): Promise<boolean> {
  const { code, stderr } = await withoutBreezy(['test', '!', '-e', join(debianPython, 'breezy')]);
  if (code !== 0) t.skip(`Breezy cannot be hidden here: ${stderr.trim()}`);
  return code === 0;
}

async function takePort(): Promise<Disposable & { readonly address: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}
