import { isChildRusage, type ChildRusage } from '@hatchery/events';
import { reportBytesMax } from './limits.ts';

/**
 * What the process says that waits for a spawned session (apps/forker/zygote/plain.py), which has
 * judged what the session said.
 */
export type Report =
  | { readonly event: 'started'; readonly pid: number }
  | { readonly event: 'log'; readonly text: string }
  /** What the session was refused or failed of. */
  | {
      readonly event: 'failed';
      readonly kind: string;
      readonly cause: string;
      readonly traceback: string;
    }
  | { readonly event: 'exited'; readonly status: number; readonly rusage: ChildRusage };

/** The report in one line; null for what is none, as the words of a Python that crashes. */
export function readReport(line: string): Report | null {
  try {
    const message = JSON.parse(line) as Record<string, unknown> | null;
    return message !== null && isReport(message) ? message : null;
  } catch {
    return null;
  }
}

function isReport(message: Record<string, unknown>): message is Report & Record<string, unknown> {
  const { event, pid, text, kind, cause, traceback, status, rusage } = message;
  switch (event) {
    case 'started':
      // 1 is nobody's session, and a negative one would be a group.
      return Number.isInteger(pid) && (pid as number) > 1;
    case 'log':
      return typeof text === 'string' && text.length <= reportBytesMax;
    case 'failed':
      return [kind, cause, traceback].every((word) => typeof word === 'string');
    case 'exited':
      return (
        Number.isInteger(status) &&
        (status as number) >= 0 &&
        (status as number) <= 0xffff &&
        isChildRusage(rusage)
      );
    default:
      return false;
  }
}
