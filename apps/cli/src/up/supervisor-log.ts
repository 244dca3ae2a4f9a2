import type { Config } from '@hatchery/config';
import { jsonLogLine, readLogLine, standardError, type LineLevel } from '@hatchery/daemon';

/** `[log] format`. */
export type LogFormat = Config['log']['format'];

/**
 * The one line of the fork service that is no line of its logger and tells no trouble (see
 * `createForker`).
 */
const announcement = /^Listening on socket: /;

/**
 * The log of a supervisor: its own lines, and what its parts say. In JSON each line that is none
 * yet becomes one, whoever wrote it: a keeper, a Node that crashes, a part before it has read its
 * configuration.
 */
export class SupervisorLog {
  /** A restart can change it. */
  format: LogFormat;

  constructor(format: LogFormat) {
    this.format = format;
  }

  say(line: string, level: LineLevel = 'info'): void {
    standardError().write(
      this.format === 'json' ? jsonLogLine('supervisor', level, line) : `hatchery: ${line}\n`,
    );
  }

  /** Passes on whole lines that `part` has written. */
  pass(part: string, lines: Buffer): void {
    if (this.format === 'text') return standardError().write(lines);
    const texts = lines.toString('utf8').split('\n');
    standardError().write(
      texts
        .filter((line) => line.trim() !== '')
        .map((line) =>
          readLogLine(line) === null ? jsonLogLine(part, levelOf(line), line) : `${line}\n`,
        )
        .join(''),
    );
  }
}

/** Nobody writes past the logger when all is well. */
function levelOf(line: string): LineLevel {
  return announcement.test(line) ? 'info' : 'warn';
}
