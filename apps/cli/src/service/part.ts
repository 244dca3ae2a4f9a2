import { fileURLToPath } from 'node:url';
import { UsageError, type Command, type Invocation } from '../command.ts';

/** The programs of the parts, started by `up` and by systemd units alike. */
export const partPrograms = {
  forker: fileURLToPath(new URL('../../../forker/src/main.ts', import.meta.url)),
  'ssh-gateway': fileURLToPath(new URL('../../../ssh-gateway/src/main.ts', import.meta.url)),
  dashboard: fileURLToPath(new URL('../../../dashboard/server/src/main.ts', import.meta.url)),
} as const;

export type PartName = keyof typeof partPrograms;

/** What stands for the value of an option that takes more than a yes. */
const placeholders: Readonly<Record<string, string>> = {
  'children-timeout': 'SECONDS',
  'take-over': 'ACTOR',
};

function partCommand(
  name: PartName,
  summary: string,
  ownOptions: Command['options'] = {},
): Command {
  return {
    name,
    isByTheBook: true,
    synopsis: Object.keys(ownOptions)
      .map((option) => `[--${option} ${placeholders[option] ?? 'yes'}]`)
      .join(' '),
    summary,
    options: { ...ownOptions, 'ready-fd': { type: 'string' } },
    run: (invocation) => become(name, invocation, Object.keys(ownOptions)),
  };
}

/**
 * Makes this process the part, so that whoever started it (systemd) has the part itself as its
 * child, with all that it was given: execve(2) would close what is not a standard stream, as
 * sockets and the descriptor for readiness.
 */
async function become(
  name: PartName,
  invocation: Invocation,
  ownOptions: readonly string[],
): Promise<number> {
  const { place, options, words } = invocation;
  if (words[0] !== undefined) throw new UsageError(`'${words[0]}' is one word too many`);
  const own = [...ownOptions, 'ready-fd'].flatMap((option) => {
    const value = options[option];
    return typeof value === 'string' ? [`--${option}`, value] : [];
  });
  process.argv = [process.execPath, partPrograms[name], ...place, ...own];
  await import(partPrograms[name]);
  return Number(process.exitCode);
}

export const forker = partCommand('forker', 'run only the fork service, in the foreground', {
  'children-timeout': { type: 'string' },
  'take-over': { type: 'string' },
});
export const sshGateway = partCommand(
  'ssh-gateway',
  'run only the SSH gateway, in the foreground',
  {
    overlap: { type: 'string' },
  },
);
export const dashboard = partCommand('dashboard', 'run only the page, in the foreground', {
  overlap: { type: 'string' },
});
