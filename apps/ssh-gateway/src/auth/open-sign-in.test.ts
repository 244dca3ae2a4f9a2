import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Config } from '@hatchery/config';
import { StartError } from '@hatchery/daemon';
import { serveLine } from '../../testing/clients.ts';
import { Stand, type StandOptions } from '../../testing/stand.ts';

const unset: Config['ssh']['keyLookup'] = {
  source: 'files',
  url: null,
  tokenFile: null,
  command: null,
  teamsCommand: null,
  timeoutS: 20,
  cacheS: 30,
  outageS: 900,
};

/** The line with which a gateway refuses to start. */
async function refusal(ssh: StandOptions['ssh']): Promise<string> {
  let directory = '';
  const error: unknown = await Stand.open({
    ssh: (given) => {
      directory = given;
      return typeof ssh === 'function' ? ssh(given) : (ssh ?? {});
    },
  }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StartError, `a StartError, not ${String(error)}`);
  assert.doesNotMatch(error.message, /\n/);
  return error.message.replaceAll(directory, 'DIR');
}

test('keys from a command admit the user they were asked for', async () => {
  await using stand = await Stand.open({
    ssh: (directory) => {
      const program = join(directory, 'keys-of');
      writeFileSync(
        program,
        `#!/bin/sh\n[ "$1" = alice ] && cat '${directory}/alice.pub'\nexit 0\n`,
      );
      chmodSync(program, 0o755);
      return { keyLookup: { ...unset, source: 'command', command: [program, '%u'] } };
    },
  });
  assert.equal((await stand.ssh([serveLine], '')).code, 0);
  assert.match((await stand.ssh([serveLine], '', ['-l', 'bob'])).stderr, /Permission denied/);
});

test('the start names what a source of keys lacks', async () => {
  assert.match(
    await refusal({ keyLookup: { ...unset, source: 'http' } }),
    /set ssh\.key_lookup_url/,
  );
  assert.match(
    await refusal({ keyLookup: { ...unset, source: 'command' } }),
    /set ssh\.key_lookup_command/,
  );
  const command = ['/no/such/program', '%u'];
  assert.match(
    await refusal({ keyLookup: { ...unset, source: 'command', command } }),
    /ssh\.key_lookup_command \/no\/such\/program cannot be run \(ENOENT\)/,
  );
  assert.match(
    await refusal((directory) => {
      const program = join(directory, 'keys-of');
      writeFileSync(program, '#!/bin/sh\n');
      chmodSync(program, 0o775);
      return { keyLookup: { ...unset, source: 'command', command: [program] } };
    }),
    /ssh\.key_lookup_command DIR\/keys-of cannot be run \(it may be written by its group or anybody\)/,
  );
  const http = { ...unset, source: 'http', url: 'http://127.0.0.1:9/{user}' } as const;
  assert.match(
    await refusal((directory) => ({ keyLookup: { ...http, tokenFile: join(directory, 'none') } })),
    /ssh\.key_lookup_token_file DIR\/none cannot be read \(ENOENT\)/,
  );
  assert.match(
    await refusal((directory) => {
      writeFileSync(join(directory, 'token'), 'two\nlines\n');
      return { keyLookup: { ...http, tokenFile: join(directory, 'token') } };
    }),
    /token holds no token in one line/,
  );
});

test('the start names a list of authorities or revoked keys that cannot be read in full', async () => {
  const broken = (key: 'userAuthorities' | 'revokedKeys', contents: string | Buffer) =>
    refusal((directory) => {
      writeFileSync(join(directory, 'list'), contents);
      return { [key]: join(directory, 'list') };
    });
  assert.match(
    await broken('userAuthorities', '# none\nssh-ed25519 AAAA'),
    /ssh\.user_ca_keys DIR\/list cannot be used: line 2/,
  );
  assert.match(
    await broken('revokedKeys', 'ssh-ed25519 AAAA'),
    /ssh\.revoked_keys DIR\/list cannot be used: line 1/,
  );
  assert.match(
    await broken('revokedKeys', Buffer.from('SSHKRL\n\0\0\0\0\x02')),
    /revocation list is damaged/,
  );
  assert.match(
    await refusal((directory) => ({ revokedKeys: join(directory, 'none') })),
    /ssh\.revoked_keys DIR\/none cannot be used: there is no such file/,
  );
});

test('the start names a host certificate that is none, or is for another key', async () => {
  assert.match(
    await refusal((directory) => {
      writeFileSync(join(directory, 'x-cert.pub'), 'ssh-ed25519-cert-v01@openssh.com AAAA');
      return { hostCertificates: [join(directory, 'x-cert.pub')] };
    }),
    /host certificate DIR\/x-cert\.pub cannot be used \(it is no certificate that ssh-keygen made\)/,
  );
});
