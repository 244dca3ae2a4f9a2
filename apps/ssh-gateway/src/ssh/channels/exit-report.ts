import { signalStatusOf } from '@hatchery/protocol';

/** How the child ended, as wait(2) tells it; `unknown` when nobody could know it. */
export type ChildExit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string; readonly coreDumped: boolean }
  | { readonly kind: 'unknown' };

/** What RFC 4254 6.10 has for it. */
export type ExitReport =
  | { readonly kind: 'exit-status'; readonly status: number }
  | { readonly kind: 'exit-signal'; readonly name: string; readonly coreDumped: boolean };

/** The names RFC 4254 6.10 lists; for any other ssh2 throws (trap C). */
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

/** An exit is never invented: unknown is 255, which ssh(1) itself uses for "an error occurred". */
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

/** A signal without a name in SSH becomes the status a shell would show: 128 and its number. */
function signalReport(signal: string, coreDumped: boolean): ExitReport {
  const name = signal.replace(/^SIG/, '');
  if (names.has(name)) return { kind: 'exit-signal', name, coreDumped };
  // The raw status of a death without a core dump is the signal's number (wait(2)).
  return { kind: 'exit-status', status: 128 + (signalStatusOf(signal) ?? 127) };
}
