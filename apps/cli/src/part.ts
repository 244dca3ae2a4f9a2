import { fileURLToPath } from 'node:url';
import { exitFailed, type Command, type Invocation } from './command.ts';

/** The programs of the parts, started by `up` and by systemd units alike. */
export const partPrograms = {
  forker: fileURLToPath(new URL('../../forker/src/main.ts', import.meta.url)),
  'ssh-gateway': fileURLToPath(new URL('../../ssh-gateway/src/main.ts', import.meta.url)),
  dashboard: fileURLToPath(new URL('../../dashboard/server/src/main.ts', import.meta.url)),
} as const;

export type PartName = keyof typeof partPrograms;

function partCommand(name: PartName, summary: string, ownOptions: Command['options'] = {}): Command {
  return {
    name,
    synopsis: Object.keys(ownOptions)
      .map((option) => `[--${option} SECONDS]`)
      .join(' '),
    summary,
    options: { ...ownOptions, 'ready-fd': { type: 'string' } },
    run: (invocation) => Promise.resolve(become(name, invocation, Object.keys(ownOptions))),
  };
}

/** Replaces this process, so that whoever started it (systemd) has the part itself as its child. */
function become(name: PartName, { place, options }: Invocation, ownOptions: readonly string[]): number {
  const own = [...ownOptions, 'ready-fd'].flatMap((option) => {
    const value = options[option];
    return typeof value === 'string' ? [`--${option}`, value] : [];
  });
  const argv = [process.execPath, partPrograms[name], ...place, ...own];
  if (process.execve === undefined) return exitFailed;
  return process.execve(process.execPath, argv, process.env);
}

export const forker = partCommand('forker', 'the fork service alone, in the foreground', {
  'children-timeout': { type: 'string' },
});
export const sshGateway = partCommand('ssh-gateway', 'the SSH gateway alone, in the foreground');
export const dashboard = partCommand('dashboard', 'the page alone, in the foreground');
