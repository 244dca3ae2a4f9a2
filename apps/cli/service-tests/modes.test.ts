import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { modes } from '@hatchery/daemon';
import { assertNothingLeft, takeBaseline, temporaryDirectory } from '@hatchery/testkit';
import { configure, hatchery } from '../test-support/hatchery.ts';

const octal = (mode: number): string => mode.toString(8);

/**
 * What a path below the state directory has, by the first pattern that fits; `umask` is that of the
 * hosting root.
 */
function expected(path: string, isDirectory: boolean, umask: number): number | null {
  const written = (isDirectory ? 0o777 : 0o666) & ~umask;
  const table: readonly (readonly [RegExp, number])[] = [
    [/^$|^run$/, modes.passage],
    [/^hosting(\/|$)/, written],
    // The home of the brz that makes the sample branch, in a directory that is closed.
    [/^demo\/breezy(\/|$)/, written],
    [/^demo\/ssh$/, modes.secretProgram],
    [/^users(\/[^/]+)?$/, modes.usersDirectory],
    [/^users\/[^/]+\/(authorized_keys|teams)$/, modes.userFile],
    [/^read-only$/, modes.sessionsDirectory],
    [
      /^read-only\/read-only\.json$|^service\.json$|^ssh_host_ed25519_key\.pub$|^demo\/id_ed25519\.pub$/,
      modes.publicFile,
    ],
    // [forker] socket_mode.
    [/^run\/(forker|control)\.sock$/, 0o660],
    [/^run\/proxy\.sock$/, 0o660],
    [/^(audit|breezy|breezy\/tmp|dashboard|demo|events|locks|parts)$/, modes.secretDirectory],
    [
      /^(audit|dashboard|events|locks|parts)\/[^/]+$|^demo\/(id_ed25519|known_hosts)$/,
      modes.secretFile,
    ],
    [/^(configuration\.json|hatchery\.log|forker\.lock|ssh_host_ed25519_key)$/, modes.secretFile],
    [/^run\/((gateway|keeper|supervisor)\.sock|(forker|keeper|service)\.lock)$/, modes.secretFile],
  ];
  return table.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

/**
 * Everything below a directory and that itself, that has another mode than it should, or that the
 * table does not know.
 */
function deviations(state: string, umask: number): string[] {
  const below = readdirSync(state, { recursive: true, encoding: 'utf8' }).map((path) =>
    join(state, path),
  );
  assert.ok(below.length > 60, `${below.length} paths`);
  return [state, ...below].flatMap((path) => {
    const found = lstatSync(path);
    const wanted = expected(relative(state, path), found.isDirectory(), umask);
    const mode = found.mode & 0o7777;
    return mode === wanted
      ? []
      : [`${path}: ${octal(mode)}, not ${wanted === null ? 'known' : octal(wanted)}`];
  });
}

/**
 * Uses what makes files: a push, a script's lock, a user in a team, a link to the page, the
 * read-only switch.
 */
async function use(directory: string): Promise<void> {
  const record = JSON.parse(
    readFileSync(join(directory, 'state/parts/ssh-gateway.json'), 'utf8'),
  ) as {
    details: { ssh: { port: number } };
  };
  const branch = `bzr+ssh://demo@127.0.0.1:${record.details.ssh.port}/~demo`;
  const environment = {
    HOME: directory,
    BRZ_HOME: directory,
    BRZ_LOG: '/dev/null',
    BRZ_SSH: `${directory}/state/demo/ssh`,
  };
  const brz = (...argv: string[]): void =>
    void execFileSync('/usr/bin/brz', argv, { env: environment, cwd: directory, stdio: 'pipe' });
  brz('branch', '-q', `${branch}/sample/trunk`, 'copy');
  brz('push', '-q', '-d', 'copy', `${branch}/project/trunk`);
  const key = join(directory, 'state/demo/id_ed25519.pub');
  for (const words of [
    ['lock', 'publisher', '--', 'true'],
    ['user', 'add', 'alice', '--key', key, '--team', 'reds'],
    ['sign-in'],
    ['read-only', 'on', '--reason', 'a test'],
  ]) {
    // As ./hatchery does it: the wrapper of locks is a program of its own.
    if (words[0] === 'lock')
      execFileSync(launcher, [...words.slice(0, 2), ...own, ...words.slice(2)], { cwd: directory });
    else assert.equal((await hatchery(directory, ...words)).code, 0, words.join(' '));
  }
}

const launcher = join(import.meta.dirname, '../../../hatchery');
const own = ['--config', 'own.toml', '--state-dir', 'state'];

describe('what a service has made and written', () => {
  for (const umask of [0o000, 0o022, 0o077])
    it(`has the modes of the table when it was started under umask ${octal(umask).padStart(3, '0')}`, async () => {
      using directory = temporaryDirectory();
      const baseline = takeBaseline();
      chmodSync(directory.path, 0o711);
      configure(directory.path);
      appendFileSync(
        join(directory.path, 'own.toml'),
        `proxy_socket = "${directory.path}/state/run/proxy.sock"\n`,
      );
      const before = process.umask(umask);
      try {
        const started = await hatchery(directory.path, 'start');
        assert.equal(started.code, 0, started.stderr);
        try {
          await use(directory.path);
          assert.deepEqual(deviations(join(directory.path, 'state'), umask | 0o007), []);
        } finally {
          assert.equal((await hatchery(directory.path, 'stop')).code, 0);
        }
      } finally {
        process.umask(before);
      }
      await assertNothingLeft(directory.path, baseline);
    });
});
