import { fileURLToPath } from 'node:url';
import { nodeFlags } from '@hatchery/daemon';
import { UsageError, type Command, type Invocation } from './command.ts';

/** The programs of the parts, started by `up` and by systemd units alike. */
export const partPrograms = {
  forker: fileURLToPath(new URL('../../forker/src/main.ts', import.meta.url)),
  'ssh-gateway': fileURLToPath(new URL('../../ssh-gateway/src/main.ts', import.meta.url)),
  dashboard: fileURLToPath(new URL('../../dashboard/server/src/main.ts', import.meta.url)),
} as const;

export type PartName = keyof typeof partPrograms;

/** What stands for the value of an option that takes more than a yes. */
const placeholders: Readonly<Record<string, string>> = { 'children-timeout': 'SECONDS', 'take-over': 'ACTOR' };

function partCommand(name: PartName, summary: string, ownOptions: Command['options'] = {}): Command {
  return {
    name,
    synopsis: Object.keys(ownOptions)
      .map((option) => `[--${option} ${placeholders[option] ?? 'yes'}]`)
      .join(' '),
    summary,
    options: { ...ownOptions, 'ready-fd': { type: 'string' } },
    run: (invocation) => Promise.resolve(become(name, invocation, Object.keys(ownOptions))),
  };
}

/** Replaces this process, so that whoever started it (systemd) has the part itself as its child. */
function become(name: PartName, invocation: Invocation, ownOptions: readonly string[]): never {
  const { place, options, words, environment } = invocation;
  if (words[0] !== undefined) throw new UsageError(`'${words[0]}' is one word too many`);
  const own = [...ownOptions, 'ready-fd'].flatMap((option) => {
    const value = options[option];
    return typeof value === 'string' ? [`--${option}`, value] : [];
  });
  const argv = [process.execPath, ...nodeFlags, partPrograms[name], ...place, ...own];
  if (process.execve === undefined) throw new Error('this Node cannot replace its process; start it with ./hatchery');
  return process.execve(process.execPath, argv, environment);
}

export const forker = partCommand('forker', 'the fork service alone, in the foreground', {
  'children-timeout': { type: 'string' },
  'take-over': { type: 'string' },
});
export const sshGateway = partCommand('ssh-gateway', 'the SSH gateway alone, in the foreground', {
  overlap: { type: 'string' },
});
export const dashboard = partCommand('dashboard', 'the page alone, in the foreground', {
  overlap: { type: 'string' },
});
