import { limitCause } from '@hatchery/events';

/** What a signal says of a limit; null for one that says nothing of any (setrlimit(2)). */
export function limitOfSignal(signal: string | null): string | null {
  if (signal === 'SIGXCPU')
    return limitCause('cpu_s', 'the session has used the CPU time that it may have');
  if (signal === 'SIGXFSZ')
    return limitCause('file_size_bytes', 'a file would be larger than a session may write');
  return null;
}

/**
 * For a session that the kernel ended because memory was short: that is told by a counter of the
 * whole machine, and so is a guess.
 */
export const outOfMemoryCause = limitCause(
  'memory',
  'this server ran out of memory, and the kernel ended the session',
);

/**
 * The line that the user of a session reads which was ended from outside; null for an ending that
 * needs none.
 */
export function lineForUser(cause: string): string | null {
  // The reason is for the audit: an operator may say there what is not for this user.
  if (/^SIG[A-Z0-9]+ by (?!ssh-gateway: )/.test(cause))
    return 'hatchery: an operator ended this session; ask the operator of this service why before you try again';
  const [, limit, words] = /^limit (\w+): (.+)$/s.exec(cause) ?? [];
  if (limit === undefined || words === undefined) return null;
  // The operator looks for it in [limits]; the machine's own memory is no key there.
  const key = limit === 'memory' ? '' : ` (limit ${limit})`;
  return `hatchery: ${words}${key}; do less at a time, or ask the operator of this service`;
}
