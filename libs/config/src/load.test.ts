import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Config } from './config.ts';
import { loadConfig, type LoadOptions } from './load.ts';
import { ConfigError } from './problem.ts';

const directory = mkdtempSync(join(tmpdir(), 'hatchery-config-'));
const file = join(directory, 'own.toml');
after(() => rmSync(directory, { recursive: true }));

function load(text: string, options: Partial<LoadOptions> = {}): Config {
  writeFileSync(file, text);
  return loadConfig({ directory: '/checkout', configFile: file, ...options });
}

/** Every line of the refusal, without the file's name. */
function refusal(text: string, options: Partial<LoadOptions> = {}): string[] {
  try {
    load(text, options);
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
  }
  return assert.fail('it was taken');
}

describe('loadConfig', () => {
  it('reads hatchery.toml of the directory if it exists', () => {
    writeFileSync(join(directory, 'hatchery.toml'), '[ssh]\nworkers = 3\n');
    assert.equal(loadConfig({ directory }).ssh.workers, 3);
  });

  it('accepts an empty file', () => {
    assert.deepEqual(load(''), loadConfig({ directory: '/checkout' }));
  });

  it('accepts fractions of a second, port 0 and an IPv6 address', () => {
    const config = load(
      '[forker]\nrequest_timeout_s = 0.25\n[ssh]\nlisten = "[::1]:0"\nmax_startups = "1:50:2"',
    );
    assert.equal(config.forker.requestTimeoutS, 0.25);
    assert.deepEqual(config.ssh.listen, { host: '::1', port: 0 });
    assert.deepEqual(config.ssh.startupsMax, { start: 1, ratePercent: 50, full: 2 });
  });

  it('resolves relative paths against the directory of the file', () => {
    const config = load('state_dir = "state"\n[ssh]\nhost_keys = ["a", "/b"]');
    assert.equal(config.stateDirectory, join(directory, 'state'));
    assert.deepEqual(config.ssh.hostKeys, [join(directory, 'a'), '/b']);
  });

  it('gives --state-dir precedence, and puts the defaults below it', () => {
    const config = load('state_dir = "/other"', { stateDirectory: '/state' });
    assert.equal(config.stateDirectory, '/state');
    assert.equal(config.hosting.root, '/state/hosting');
  });

  it('chooses a shorter runtime directory when the default leaves no room for a socket', () => {
    const stateDirectory = `/${'long/'.repeat(20)}`;
    const config = loadConfig({ directory: '/checkout', stateDirectory, uid: 1000 });
    assert.match(config.runtimeDirectory, /^\/tmp\/hatchery-1000-[\da-f]{12}\/run$/);
    assert.equal(config.forker.socket, join(config.runtimeDirectory, 'forker.sock'));
  });
});

describe('loadConfig refuses', () => {
  it('a missing file named by --config', () => {
    assert.throws(() => loadConfig({ directory, configFile: '/no/such.toml' }), {
      message: '/no/such.toml: there is no such file',
    });
  });

  it('a directory in place of a file', () => {
    mkdirSync(join(directory, 'folder.toml'));
    const configFile = join(directory, 'folder.toml');
    assert.throws(() => loadConfig({ directory, configFile }), {
      message: `${configFile}: is a directory; a configuration is a file, as hatchery.toml`,
    });
  });

  it('a file below a file', () => {
    const configFile = join(file, 'own.toml');
    load('');
    assert.throws(() => loadConfig({ directory, configFile }), {
      message: `${configFile}: there is no such file`,
    });
  });

  it('all problems at once, in the order of the lines', () => {
    const text =
      'state_dri = "x"\n[forker]\nmax_children = "many"\npool_size = -1\npool_size = 2\n[ssh]\nlisten =\nworkers = 0\n';
    assert.deepEqual(refusal(text), [
      '1: state_dri: unknown key; did you mean state_dir?',
      '3: forker.max_children: must be a whole number from 1 to 100000, not "many"',
      '4: forker.pool_size: must be a whole number from 0 to 1000, not -1',
      '5: forker.pool_size: is already there on line 4; keep one of the two',
      '7: ssh.listen: has no value',
      '8: ssh.workers: must be a whole number from 1 to 256, not 0',
    ]);
  });

  const refused: readonly (readonly [title: string, text: string, problem: string])[] = [
    [
      'a key in the wrong table',
      'max_children = 1',
      '1: max_children: unknown key; did you mean forker.max_children?',
    ],
    ['a key that resembles none', '[log]\ncolour = 1', '2: log.colour: unknown key'],
    ['an unknown table, once', '\n[gateway]\na = 1\nb = 2', '2: gateway: unknown table'],
    ['a misspelt table', '[dashbord]', '1: dashbord: unknown table; did you mean dashboard?'],
    ['a list of tables', '[[ssh]]\nworkers = 1', '1: ssh: is one table, not a list: write [ssh]'],
    ['a value where a table belongs', 'log = "debug"', '1: log: must be a table: write [log]'],
    [
      'a table where a value belongs',
      '[log]\nlevel = { a = 1 }',
      '2: log.level: is a key, not a table',
    ],
    [
      'a fraction where a whole number belongs',
      'ssh.workers = 1.5',
      '1: ssh.workers: must be a whole number from 1 to 256, not the number 1.5',
    ],
    [
      'a time that is no number',
      'locks.orphan_grace_s = nan',
      '1: locks.orphan_grace_s: must be seconds from 0 to 604800, not nan',
    ],
    [
      'a negative time',
      '[ssh]\nidle_timeout_s = -1',
      '2: ssh.idle_timeout_s: must be seconds from 0 to 604800, not -1',
    ],
    [
      'an unknown word',
      '[log]\nlevel = "loud"',
      '2: log.level: must be "debug" or "info" or "warn" or "error", not "loud"',
    ],
    ['a date', 'log.format = 2020-01-01', '1: log.format: must be "json" or "text", not a date'],
    ['an empty path', 'state_dir = ""', '1: state_dir: must be a path, not an empty string'],
    [
      'a home directory sign',
      'state_dir = "~/x"',
      "1: state_dir: must be a whole path: '~' is not expanded in '~/x'",
    ],
    ['no host key', 'ssh.host_keys = []', '1: ssh.host_keys: must name at least one path'],
    [
      'a host key that is no path, on its own line',
      'ssh.host_keys = [\n"a",\n3]',
      '3: ssh.host_keys: must be a path, not the number 3',
    ],
    [
      'one host key without a list',
      'ssh.host_keys = "a"',
      '1: ssh.host_keys: must be a list of paths, not "a"',
    ],
    [
      'an address without a host',
      'ssh.listen = ":22"',
      '1: ssh.listen: must be an address as "127.0.0.1:5022" or "[::1]:5022", not ":22"',
    ],
    [
      'a mode in decimal',
      'forker.socket_mode = 660',
      '1: forker.socket_mode: must be octal permission bits as "0660" or 0o660, not the number 660',
    ],
    [
      'a MaxStartups out of order',
      'ssh.max_startups = "9:30:3"',
      '1: ssh.max_startups: must be "start:rate:full" with start <= full and a rate of 1 to 100, as "100:30:300", not "9:30:3"',
    ],
    [
      'a text that is no TOML',
      '[ssh]\nworkers = yes',
      "2: ssh.workers: is not valid TOML at 'yes': Unexpected character",
    ],
  ];
  for (const [title, text, problem] of refused)
    it(title, () => assert.deepEqual(refusal(text), [problem]));

  it('a configured runtime directory that is too long for a socket', () => {
    const path = `/${'r'.repeat(83)}`;
    assert.deepEqual(refusal(`\nruntime_dir = "${path}"`), [
      `2: runtime_dir: ${path} has 84 bytes, a Unix socket's path at most 107, and 24 are for the names of sockets in it: set runtime_dir to something shorter`,
    ]);
  });

  it('a socket path that is one byte too long', () => {
    assert.equal(load(`forker.socket = "/${'s'.repeat(106)}"`).forker.socket.length, 107);
    assert.match(
      refusal(`forker.socket = "/${'s'.repeat(107)}"`)[0] ?? '',
      /^1: forker.socket: .* has 108 bytes/,
    );
  });
});
