import type { Command } from '../command.ts';

/**
 * The help of `hatchery lock`. The script `hatchery` runs the command itself by apps/cli/lock/main.py: Node cannot hand a
 * process context on as it was given (docs/decisions/0041).
 */
export const lock: Command = {
  name: 'lock',
  synopsis: 'NAME [--wait SECONDS] -- COMMAND…',
  summary: 'run a command under a global lock of this host; exit code 75 when another holds it',
  details: [
    'COMMAND runs as under flock(1): with the terminal, signals, descriptors, limits and environment that hatchery was given.',
    'It has the exit code of COMMAND; 128 and the number when a signal ends it; 127 or 126 when it cannot be found or run.',
    '',
    'Examples:',
    '  hatchery lock publisher -- publish-distro --all',
    '  hatchery lock publisher --wait 600 -- sudo -u archive publish-distro',
  ].join('\n'),
  options: { wait: { type: 'string' } },
  run: () => Promise.reject(new Error('it is run by the script hatchery; start that instead')),
};
