/** A signal that was sent to a child, when, and why in words. */
export interface SentSignal {
  readonly signal: string;
  readonly atMs: number;
  readonly why: string;
}

/** Signals that end nobody, by their default (signal(7)): whoever sends one asks for no end. */
const harmless: ReadonlySet<string> = new Set([
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGCONT',
  'SIGCHLD',
  'SIGURG',
  'SIGWINCH',
]);

/** Whether a signal asks for the end of a child. */
export function asksForEnd(signal: string): boolean {
  return !harmless.has(signal);
}

/**
 * Why a child ends, from what it was sent, oldest first: the first is the cause, and each signal
 * that had to follow stands behind it, as in `SIGTERM by root: x, then SIGKILL after 12 s by root:
 * y`. Of `earlier`, which a run before has told, only the words are known. Null when nobody has
 * asked.
 */
export function causeOf(earlier: string | null, sent: readonly SentSignal[]): string | null {
  const [first, ...later] = sent;
  if (first === undefined) return earlier;
  const begun = earlier ?? first.why;
  const rest = earlier === null ? later : sent;
  return rest.reduce((words, { signal, why, atMs }) => {
    const after = earlier === null ? ` after ${Math.round((atMs - first.atMs) / 1000)} s` : '';
    if (why === begun) return `${words}, then ${signal}${after}`;
    const reason = why.startsWith(`${signal} `) ? why.slice(signal.length) : `: ${why}`;
    return `${words}, then ${signal}${after}${reason}`;
  }, begun);
}

/**
 * The cause of an ending that agrees with the signal that ended it. What was sent after that one
 * has ended nobody; a signal that nobody here has sent came from outside. `ending` is null for a
 * child that exited by itself.
 */
export function causeOfEnd(
  earlier: string | null,
  sent: readonly SentSignal[],
  ending: string | null,
): string | null {
  if (ending === null) return causeOf(earlier, sent.slice(0, earlier === null ? 1 : 0));
  const at = sent.findIndex(({ signal }) => signal === ending);
  if (at !== -1) return causeOf(earlier, sent.slice(0, at + 1));
  const asked = causeOf(earlier, sent);
  const isNamed =
    sent.length === 0 &&
    (asked === null || !/^SIG[A-Z0-9]+ /.test(asked) || asked.includes(ending));
  return asked === null || isNamed ? asked : `${asked}, then ${ending} from outside the service`;
}
