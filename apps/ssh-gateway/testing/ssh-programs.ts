import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sshArguments, type Destination } from './clients.ts';

/** An SSH client program and the arguments before the command. */
export interface SshProgram {
  readonly name: string;
  readonly program: string;
  readonly argv: readonly string[];
}

const paramikoClient = fileURLToPath(new URL('./paramiko_client.py', import.meta.url));

/**
 * The clients that people use, set up to connect to `destination`. `hostKey` is the public half of
 * the server's key.
 */
export function sshPrograms(destination: Destination, hostKey: string): SshProgram[] {
  const { directory, port, user, key } = destination;
  const [dropbearKey, puttyKey] = [join(directory, 'key.dropbear'), join(directory, 'key.ppk')];
  execFileSync('dropbearconvert', ['openssh', 'dropbear', key, dropbearKey], { stdio: 'ignore' });
  execFileSync('puttygen', [key, '-o', puttyKey]);
  const fingerprint = execFileSync('ssh-keygen', ['-lf', hostKey]).toString().split(' ')[1] ?? '';
  const place = `${user}@127.0.0.1`;
  return [
    { name: 'OpenSSH', program: '/usr/bin/ssh', argv: sshArguments(destination) },
    {
      name: 'dbclient',
      program: '/usr/bin/dbclient',
      argv: ['-y', '-y', '-T', '-i', dropbearKey, '-p', String(port), place],
    },
    {
      name: 'plink',
      program: '/usr/bin/plink',
      argv: [
        '-batch',
        '-ssh',
        '-T',
        '-hostkey',
        fingerprint,
        '-i',
        puttyKey,
        '-P',
        String(port),
        place,
      ],
    },
    {
      name: 'paramiko',
      program: '/usr/bin/python3',
      argv: [paramikoClient, '127.0.0.1', String(port), user, key],
    },
  ];
}
