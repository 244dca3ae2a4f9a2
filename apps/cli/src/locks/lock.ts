import type { Command } from '../command.ts';

/**
 * The help of `hatchery lock`. The script `hatchery` runs the command through
 * apps/cli/lock/main.py: Node cannot pass on a process context unchanged (docs/decisions/0041).
 */
export const lock: Command = {
  name: 'lock',
  synopsis: 'NAME [--wait SECONDS] -- COMMAND…',
  summary:
    'run a command under a global lock of this host; exit code 75 when another process holds it',
  details: [
    'COMMAND runs as under flock(1), with the terminal, signals, descriptors, limits and environment of the caller.',
    "The exit code is COMMAND's; 128 plus the number if a signal ends it; 127 if it cannot be found, 126 if it cannot be run.",
    '',
    'Examples:',
    '  hatchery lock publisher -- publish-distro --all',
    '  hatchery lock publisher --wait 600 -- sudo -u archive publish-distro',
  ].join('\n'),
  options: { wait: { type: 'string' } },
  run: () => Promise.reject(new Error('it is run by the script hatchery; start that instead')),
};
