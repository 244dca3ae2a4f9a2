/** How much a line of a log matters, as loggers name it. */
export type LineLevel = 'info' | 'warn' | 'error' | 'fatal';

/**
 * One line of a log in JSON, with its end of line, in the form in which the loggers of the parts
 * write theirs.
 */
export function jsonLogLine(part: string, level: LineLevel, msg: string): string {
  return `${JSON.stringify({ level, time: new Date().toISOString(), part, msg })}\n`;
}

/** What a line of a log in JSON says; null of a line that is none. */
export function readLogLine(line: string): { readonly level: string; readonly msg: string } | null {
  if (!line.startsWith('{')) return null;
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: unknown;
      msg?: unknown;
      err?: { message?: unknown };
    };
    if (typeof level !== 'string' || typeof msg !== 'string') return null;
    return { level, msg: typeof err?.message === 'string' ? `${msg}: ${err.message}` : msg };
  } catch {
    return null;
  }
}
