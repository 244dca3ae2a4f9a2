import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import type { Instance } from './instance.ts';
import { run, start, type Outcome, type Running } from './run.ts';

/** The SSH clients of Debian that brz runs on. */
export type SshProgram = 'openssh' | 'dbclient' | 'plink';

/** A person at a machine: a home, a key, an ssh, and a real brz on top of it. */
export class Client {
  readonly home: string;
  readonly #email: string;
  readonly #ssh: string;
  readonly #timeoutMs: number | undefined;

  /** `timeoutMs` is for a client that is stopped midway while others work. */
  constructor(
    instance: Instance,
    options: { readonly ssh?: string; readonly email?: string; readonly timeoutMs?: number } = {},
  ) {
    this.#timeoutMs = options.timeoutMs;
    this.home = join(instance.directory, 'home');
    this.#email = options.email ?? 'Demo <demo@example.invalid>';
    this.#ssh = options.ssh ?? openssh(instance);
  }

  get environment(): Record<string, string> {
    return {
      HOME: this.home,
      BRZ_HOME: this.home,
      BRZ_LOG: '/dev/null',
      BRZ_EMAIL: this.#email,
      BRZ_SSH: this.#ssh,
      BRZ_PROGRESS_BAR: 'none',
    };
  }

  start(...argv: string[]): Running {
    const options = { cwd: this.home, environment: this.environment };
    return start(
      '/usr/bin/brz',
      argv,
      this.#timeoutMs === undefined ? options : { ...options, timeoutMs: this.#timeoutMs },
    );
  }

  /** Runs brz to its end, whatever the result. */
  try(...argv: string[]): Promise<Outcome> {
    return this.start(...argv).outcome;
  }

  /** Runs brz, which must succeed, and returns what it printed. */
  async brz(...argv: string[]): Promise<string> {
    const { code, signal, stdout, stderr } = await this.try(...argv);
    assert.equal(code, 0, `brz ${argv.join(' ')} ended with ${signal ?? code}: ${stdout}${stderr}`);
    return stdout;
  }

  path(...names: string[]): string {
    return join(this.home, ...names);
  }
}

/** A script that brz runs as its ssh. brz asks `-V` first, to know how to call it. */
function sshScript(instance: Instance, name: string, version: string, command: string): string {
  const path = join(instance.directory, name);
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1" = -V ] && { echo '${version}'; exit 0; }\nexec ${command}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

/** OpenSSH, without any user's configuration. */
export function openssh(
  instance: Instance,
  key = `${instance.ready.stateDir}/demo/id_ed25519`,
): string {
  const options = sshOptions(instance, key).join(' ');
  return sshScript(
    instance,
    `openssh-${key.replaceAll('/', '-')}`,
    'OpenSSH_9.2',
    `ssh ${options} "$@"`,
  );
}

/** Options with which OpenSSH uses only this key and trusts only this instance's host key. */
export function sshOptions(instance: Instance, key: string): string[] {
  const pairs = [
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    `UserKnownHostsFile=${instance.directory}/known_hosts`,
  ];
  return ['-F', 'none', '-i', key, ...pairs.flatMap((pair) => ['-o', pair])];
}

/**
 * Dropbear's client. brz calls its ssh as `ssh -o… -x -a -p PORT -l USER HOST bzr serve …`, and
 * dbclient does not understand all of that: the script keeps the port, the user, the host and the
 * command.
 */
export async function dbclient(instance: Instance): Promise<string> {
  const key = join(instance.directory, 'dropbear-key');
  if (!existsSync(key))
    await must('dropbearconvert', [
      'openssh',
      'dropbear',
      `${instance.ready.stateDir}/demo/id_ed25519`,
      key,
    ]);
  const command = `/bin/sh -c '
    while :; do case "$1" in
      -p) port=$2; shift 2;;
      -l) user=$2; shift 2;;
      -o) shift 2;;
      --) shift;;
      -*) shift;;
      *) break;;
    esac; done
    host=$1; shift
    exec dbclient -y -y -i ${key} -p "$port" -l "$user" "$host" "$*"' dbclient "$@"`;
  return sshScript(instance, 'dbclient-ssh', 'OpenSSH_9.2 (dbclient)', command);
}

/** PuTTY's client, under the name by which brz knows it. */
export async function plink(instance: Instance): Promise<string> {
  const key = join(instance.directory, 'key.ppk');
  const openSshKey = `${instance.ready.stateDir}/demo/id_ed25519`;
  if (!existsSync(key)) await must('puttygen', [openSshKey, '-o', key]);
  const hostKey = `${instance.ready.stateDir}/ssh_host_ed25519_key.pub`;
  const { stdout } = await must('ssh-keygen', ['-l', '-E', 'sha256', '-f', hostKey]);
  const fingerprint = stdout.split(' ')[1] ?? '';
  const command = `/bin/sh -c '
    while :; do case "$1" in
      -p|-P) port=$2; shift 2;;
      -l) user=$2; shift 2;;
      -o) shift 2;;
      --) shift;;
      -*) shift;;
      *) break;;
    esac; done
    host=$1; shift
    exec plink -batch -ssh -2 -x -a -i ${key} -hostkey ${fingerprint} -P "$port" -l "$user" "$host" "$*"' plink "$@"`;
  return sshScript(instance, 'plink-ssh', 'OpenSSH_9.2 (plink)', command);
}

async function must(file: string, argv: readonly string[]): Promise<Outcome> {
  const outcome = await run(file, argv);
  assert.equal(outcome.code, 0, `${file}: ${outcome.stderr}`);
  return outcome;
}
