import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig, type Config } from '@hatchery/config';
import { temporaryDirectory } from '@hatchery/testkit';
import { checkAddresses } from './addresses.ts';
import type { Check } from './check.ts';
import { checkKeyLookup } from './key-lookup.ts';
import { checkSignInFiles } from './sign-in-files.ts';

const now = new Date();

interface Bench extends Disposable {
  readonly directory: string;
  path(name: string): string;
  /** A new key pair of this name. */
  key(name: string): string;
  keygen(...words: string[]): void;
  config(ssh: string): Config;
}

function bench(): Bench {
  const { path: directory, [Symbol.dispose]: dispose } = temporaryDirectory();
  const path = (name: string): string => join(directory, name);
  const keygen = (...words: string[]): void =>
    void execFileSync('ssh-keygen', ['-q', ...words], { stdio: 'pipe' });
  return {
    directory,
    path,
    keygen,
    key: (name) => (keygen('-t', 'ed25519', '-N', '', '-f', path(name)), path(name)),
    config: (ssh) => {
      writeFileSync(path('own.toml'), `[ssh]\n${ssh}\n`);
      return loadConfig({ configFile: path('own.toml'), stateDirectory: path('state'), directory });
    },
    [Symbol.dispose]: () => dispose.call(undefined),
  };
}

/** `what: trouble` of each check with a trouble. */
function troubles(checks: readonly Check[]): string[] {
  return checks.flatMap(({ what, trouble }) => (trouble === null ? [] : [`${what}: ${trouble}`]));
}

describe('doctor about the ssh gateway', () => {
  it('judges host certificates by kind, key and expiry', () => {
    using at = bench();
    const [host, other, authority] = [at.key('host'), at.key('other'), at.key('authority')];
    const judged = (certificate: string): string[] =>
      troubles(
        checkSignInFiles(
          at.config(`host_keys = ["${host}"]\nhost_certificates = ["${certificate}"]`),
          now,
        ),
      );
    const certify = (key: string, ...words: string[]): string => {
      at.keygen('-s', authority, '-I', 'x', '-n', 'host.example', ...words, `${key}.pub`);
      return `${key}-cert.pub`;
    };
    assert.deepEqual(judged(certify(host, '-h', '-V', '+52w')), []);
    assert.deepEqual(judged(certify(host, '-h')), []);
    assert.match(
      judged(certify(host, '-h', '-V', '+1d')).join(),
      /it ends on \S+; make one with: ssh-keygen -s CA/,
    );
    assert.match(judged(certify(host, '-h', '-V', '-2d:-1d')).join(), /it ended on /);
    assert.match(judged(certify(host)).join(), /it is not a host's certificate; make one with/);
    assert.match(judged(certify(other, '-h')).join(), /it is for none of ssh\.host_keys/);
    assert.match(judged(`${host}.pub`).join(), /it is no certificate/);
    assert.match(judged(at.path('none')).join(), /it cannot be read \(ENOENT\); put it there/);
  });

  it('judges lists of authorities and of revoked keys', () => {
    using at = bench();
    const key = at.key('key');
    const judged = (name: string, path: string): string =>
      troubles(checkSignInFiles(at.config(`${name} = "${path}"`), now)).join();
    assert.equal(judged('user_ca_keys', `${key}.pub`), '');
    writeFileSync(at.path('text'), 'no key\n');
    assert.match(
      judged('user_ca_keys', at.path('text')),
      /line 1: it starts with "no", not with the type of a key/,
    );
    assert.match(judged('user_ca_keys', at.path('none')), /cannot be read \(ENOENT\)/);
    at.keygen('-k', '-f', at.path('krl'), `${key}.pub`);
    writeFileSync(at.path('empty'), '# nobody yet\n');
    for (const good of [at.path('krl'), `${key}.pub`, at.path('empty')])
      assert.equal(judged('revoked_keys', good), '');
    assert.match(
      judged('revoked_keys', at.path('text')),
      /it is no list of keys: line 1: .*; make one with: ssh-keygen -k/,
    );
    copyFileSync(at.path('krl'), at.path('cut'));
    writeFileSync(at.path('cut'), readFileSync(at.path('krl')).subarray(0, 20));
    assert.match(judged('revoked_keys', at.path('cut')), /it is damaged/);
    assert.match(judged('revoked_keys', at.path('none')), /cannot be read \(ENOENT\)/);
  });

  it('tries the look-up of keys over HTTP, with its token', async () => {
    using at = bench();
    const answers: Record<string, number> = {
      '/ok/hatchery-doctor': 404,
      '/broken/hatchery-doctor': 500,
    };
    const server = createServer((request, response) => {
      const isKnown = request.headers.authorization === 'Bearer secret';
      response.writeHead(isKnown ? (answers[request.url ?? ''] ?? 200) : 401).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    writeFileSync(at.path('token'), 'secret\n', { mode: 0o600 });
    const judged = async (path: string, token = at.path('token')): Promise<string> => {
      const keys = `key_lookup = "http"\nkey_lookup_url = "http://127.0.0.1:${port}${path}/{user}"`;
      return troubles(
        await checkKeyLookup(at.config(`${keys}\nkey_lookup_token_file = "${token}"`)),
      ).join();
    };
    assert.equal(await judged('/ok'), '');
    assert.match(await judged('/broken'), /it answered 500; its log says why/);
    writeFileSync(at.path('wrong'), 'guess', { mode: 0o600 });
    assert.match(
      await judged('/ok', at.path('wrong')),
      /it answered 401; see key_lookup_token_file/,
    );
    assert.match(await judged('/ok', at.path('none')), /cannot be read \(ENOENT\)/);
    writeFileSync(at.path('empty'), '\n', { mode: 0o600 });
    assert.match(await judged('/ok', at.path('empty')), /holds no token in one line/);
    chmodSync(at.path('token'), 0o644);
    assert.match(await judged('/ok'), /others can read it; chmod 600/);
    chmodSync(at.path('token'), 0o600);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.match(await judged('/ok'), /it gives no answer \(.*\); see key_lookup_url/);
    assert.match(
      troubles(await checkKeyLookup(at.config('key_lookup = "http"'))).join(),
      /set key_lookup_url/,
    );
  });

  it('judges the program that looks keys up', async () => {
    using at = bench();
    const program = at.path('keys-of');
    const judged = async (): Promise<string> =>
      troubles(
        await checkKeyLookup(
          at.config(`key_lookup = "command"\nkey_lookup_command = ["${program}", "%u"]`),
        ),
      ).join();
    assert.match(await judged(), /it cannot be run \(ENOENT\); install it/);
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    assert.equal(await judged(), '');
    chmodSync(program, 0o777);
    assert.match(await judged(), /it may be written by its group or anybody, .*; chmod go-w/);
    assert.match(
      troubles(await checkKeyLookup(at.config('key_lookup = "command"'))).join(),
      /set key_lookup_command/,
    );
  });

  it('finds balancers that no client or every client can be', async () => {
    using at = bench();
    const judged = async (from: string): Promise<string> =>
      troubles(
        await checkKeyLookup(at.config(`proxy_protocol = "require"\nproxy_from = ${from}`)),
      ).join();
    assert.equal(await judged('["10.0.0.0/8"]'), '');
    assert.match(await judged('[]'), /nobody may send the header; set proxy_from/);
    assert.match(
      await judged('["10.0.0.0/8", "0.0.0.0/0"]'),
      /0\.0\.0\.0\/0 lets anybody forge an address/,
    );
  });

  it('finds two keys that want one port, and a status port that is taken', async () => {
    using at = bench();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const same = `listen = "127.0.0.1:${port}"\nstatus_listen = "127.0.0.1:${port}"\n[dashboard]\nlisten = "127.0.0.1:0"`;
    const found = troubles(await checkAddresses(at.config(same))).join('\n');
    assert.match(
      found,
      /^\[ssh\] listen and \[ssh\] status_listen 127\.0\.0\.1:\d+: they want the same port/m,
    );
    assert.match(
      found,
      /^\[ssh\] status_listen 127\.0\.0\.1:\d+: another program has it .*set status_listen under/m,
    );
    await new Promise((resolve) => taken.close(resolve));
  });
});
