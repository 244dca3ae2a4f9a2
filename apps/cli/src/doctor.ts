import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@hatchery/config';
import { checkoutDirectory } from '@hatchery/daemon';
import { exitDone, exitFailed, expectWords, type Command } from './command.ts';

/** One thing a start needs. `trouble` is null when it is well, else one line that says how to mend it. */
interface Check {
  readonly what: string;
  readonly trouble: string | null;
}

export const doctor: Command = {
  name: 'doctor',
  synopsis: '[--json]',
  summary: 'check everything a start needs and say how to mend it',
  options: { json: { type: 'boolean' } },
  run(invocation) {
    expectWords(invocation);
    const checks = examine(invocation.config);
    if (invocation.options['json'] === true) process.stdout.write(`${JSON.stringify(checks)}\n`);
    else
      for (const { what, trouble } of checks)
        process.stdout.write(
          `${trouble === null ? 'ok     ' : 'TROUBLE'}  ${what}${trouble === null ? '' : `: ${trouble}`}\n`,
        );
    return Promise.resolve(checks.every(({ trouble }) => trouble === null) ? exitDone : exitFailed);
  },
};

function examine(config: Config): Check[] {
  return [
    {
      what: `Node ${process.version}`,
      trouble:
        Number(process.versions.node.split('.')[0]) >= 24 ? null : 'start it with ./hatchery, which brings Node 24',
    },
    { what: 'Breezy for /usr/bin/python3', trouble: checkBreezy() },
    {
      what: 'list of modules to preload',
      trouble: exists(join(checkoutDirectory, 'apps/forker/dist/preload.json'), 'run ./hatchery up, which makes it'),
    },
    {
      what: 'built page',
      trouble: exists(
        join(checkoutDirectory, 'apps/dashboard/web/dist/index.html'),
        'run ./hatchery up, which builds it',
      ),
    },
    ...config.ssh.hostKeys.map((path) => ({
      what: `host key ${path}`,
      trouble: exists(path, `ssh-keygen -t ed25519 -N '' -f ${path}`),
    })),
    { what: `hosting root ${config.hosting.root}`, trouble: writable(config.hosting.root) },
    { what: `state directory ${config.stateDirectory}`, trouble: writable(config.stateDirectory) },
    {
      what: `users directory ${config.ssh.usersDirectory}`,
      trouble: exists(config.ssh.usersDirectory, 'hatchery user add NAME --key FILE makes it'),
    },
  ];
}

function checkBreezy(): string | null {
  try {
    execFileSync('/usr/bin/python3', ['-E', '-s', '-c', 'import breezy.bzr.smart.server'], {
      stdio: 'pipe',
      timeout: 30_000,
    });
    return null;
  } catch (error) {
    const stderr = String((error as { stderr?: Buffer }).stderr ?? (error as Error).message).trim();
    return `apt-get install brz (${stderr.split('\n').at(-1) ?? 'no output'})`;
  }
}

function exists(path: string, remedy: string): string | null {
  return existsSync(path) ? null : `it is missing; ${remedy}`;
}

function writable(path: string): string | null {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing
      ? 'it is missing; the first hatchery up makes it'
      : `not writable for uid ${process.getuid?.() ?? '?'}`;
  }
}
