import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { parseKeyLines, parseRevokedLines } from '@hatchery/ssh-keys';
import { examinationMsMax } from '../limits.ts';
import type { Check } from './check.ts';

/** How long before its expiry a certificate counts as a trouble: a working week to make another. */
const certificateDaysMin = 7;

/** The first bytes of a revocation list in OpenSSH's own format (PROTOCOL.krl). */
const revocationListMagic = 'SSHKRL\n\0';

/** The files that decide who may sign in with a certificate, and that prove the host by one. */
export function checkSignInFiles({ ssh }: Config, now: Date): Check[] {
  const { hostCertificates, userAuthorities, revokedKeys } = ssh;
  return [
    ...hostCertificates.map((path) => ({
      what: `host certificate ${path}`,
      trouble: hostCertificateTrouble(path, ssh.hostKeys, now),
    })),
    ...(userAuthorities === null
      ? []
      : [
          { what: `user authorities ${userAuthorities}`, trouble: keyListTrouble(userAuthorities) },
        ]),
    ...(revokedKeys === null
      ? []
      : [{ what: `revoked keys ${revokedKeys}`, trouble: revokedTrouble(revokedKeys) }]),
  ];
}

function hostCertificateTrouble(
  path: string,
  hostKeys: readonly string[],
  now: Date,
): string | null {
  const mend = 'make one with: ssh-keygen -s CA -h -I NAME -n HOST KEY.pub';
  const shown = keygen('-L', '-f', path);
  if (shown === null) return unreadable(path) ?? `it is no certificate; ${mend}`;
  if (!/ host certificate$/m.test(shown)) return `it is not a host's certificate; ${mend}`;
  const own = /^\s*Public key: \S+ (SHA256:\S+)/m.exec(shown)?.[1];
  const keys = hostKeys.map((key) => keygen('-l', '-f', key)?.split(' ')[1]);
  if (own === undefined || !keys.includes(own)) return `it is for none of ssh.host_keys; ${mend}`;
  // ssh-keygen shows local time without a zone, such as `from 2026-11-21T09:00:00 to …`.
  const end = /^\s*Valid: (?:from \S+ to|before) (\S+)$/m.exec(shown)?.[1];
  const daysLeft = end === undefined ? Infinity : (Date.parse(end) - now.getTime()) / 86_400_000;
  if (daysLeft <= 0) return `it ended on ${end}; ${mend}`;
  return daysLeft < certificateDaysMin ? `it ends on ${end}; ${mend}` : null;
}

/** With the gateway's own parser. */
function keyListTrouble(path: string): string | null {
  const hindrance = unreadable(path);
  if (hindrance !== null) return hindrance;
  try {
    const isEmpty = parseKeyLines(readFileSync(path), path).length === 0;
    return isEmpty
      ? 'it holds no public key; put one a line, as ssh-keygen makes them in FILE.pub'
      : null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Without the list the gateway cannot tell which keys are on it, so it admits nobody. */
function revokedTrouble(path: string): string | null {
  const hindrance = unreadable(path);
  if (hindrance !== null) return hindrance;
  const contents = readFileSync(path);
  const mend = 'make one with: ssh-keygen -k -f FILE KEY.pub';
  if (contents.subarray(0, revocationListMagic.length).toString('latin1') === revocationListMagic)
    return keygen('-Q', '-l', '-f', path) === null ? `it is damaged; ${mend}` : null;
  try {
    parseRevokedLines(contents, path);
    return null;
  } catch (error) {
    return `it is no list of keys: ${(error as Error).message}; ${mend}`;
  }
}

function unreadable(path: string): string | null {
  try {
    readFileSync(path);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return `it cannot be read (${code}); put it there for the user of the service, or take the key out of hatchery.toml`;
  }
}

/** The output of ssh-keygen; null when it fails. */
function keygen(...argv: readonly string[]): string | null {
  try {
    return execFileSync('ssh-keygen', argv, {
      encoding: 'utf8',
      stdio: 'pipe',
      timeout: examinationMsMax,
    });
  } catch {
    return null;
  }
}
