import { signalStatusOf } from '@hatchery/protocol';

/** How the child ended, as wait(2) reports it; `unknown` when the exit was lost. */
export type ChildExit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly coreDumped: boolean }
  | { readonly kind: 'unknown' };

/** The message of RFC 4254 6.10 for it. */
export type ExitReport =
  | { readonly kind: 'exit-status'; readonly status: number }
  | { readonly kind: 'exit-signal'; readonly name: string; readonly coreDumped: boolean };

/** The names in RFC 4254 6.10; ssh2 throws for any other (trap C). */
const names = new Set([
  'ABRT',
  'ALRM',
  'FPE',
  'HUP',
  'ILL',
  'INT',
  'KILL',
  'PIPE',
  'QUIT',
  'SEGV',
  'TERM',
  'USR1',
  'USR2',
]);

/**
 * An exit is never invented: unknown is 255, the status with which ssh(1) reports an error of its
 * own.
 */
export function exitReport(exit: ChildExit): ExitReport {
  switch (exit.kind) {
    case 'code':
      return { kind: 'exit-status', status: exit.code };
    case 'signal':
      return signalReport(exit.signal, exit.coreDumped);
    case 'unknown':
      return { kind: 'exit-status', status: 255 };
    default:
      return exit satisfies never;
  }
}

/** A signal without a name in SSH becomes the status that a shell shows: 128 plus its number. */
function signalReport(signal: string, coreDumped: boolean): ExitReport {
  const name = signal.replace(/^SIG/, '');
  if (names.has(name)) return { kind: 'exit-signal', name, coreDumped };
  // The raw status of a death without a core dump is the signal's number (wait(2)).
  return { kind: 'exit-status', status: 128 + (signalStatusOf(signal) ?? 127) };
}
