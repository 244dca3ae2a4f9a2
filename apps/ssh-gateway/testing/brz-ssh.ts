import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Destination } from './clients.ts';
import { sshPrograms } from './ssh-programs.ts';

/**
 * Writes the program that brz uses as its ssh (BRZ_SSH) and returns its path. It claims to be
 * OpenSSH and takes the arguments that brz gives OpenSSH: options, `-l USER`, `--`, the host and
 * the command. Source: breezy/transport/ssh.py, OpenSSHSubprocessVendor.
 */
export function writeBrzSsh(
  name: string,
  destination: Destination,
  hostKey: string,
  directory: string,
): string {
  const client = sshPrograms(destination, hostKey).find((one) => one.name === name);
  if (client === undefined) throw new RangeError(`there is no client ${name}`);
  const path = join(directory, `ssh-${name}`);
  const words = [client.program, ...client.argv].map((word) => `'${word}'`).join(' ');
  writeFileSync(
    path,
    `#!/bin/sh
[ "$1" = -V ] && { echo 'OpenSSH_9.2p1' >&2; exit; }
while [ "$1" != -- ]; do shift; done
shift 2
exec ${words} "$*"
`,
  );
  chmodSync(path, 0o755);
  return path;
}
