import type { Logger } from '@hatchery/daemon';

/** One line as a logger was given it, with what its parents bound. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines, for tests that read them. */
export class RecordingLog {
  readonly lines: LogLine[] = [];

  get logger(): Logger {
    return this.#at({}) as unknown as Logger;
  }

  /** The lines with this message. */
  named(message: string): LogLine[] {
    return this.lines.filter((line) => line.message === message);
  }

  #at(bound: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const write = (level: LogLine['level']) => (first: object | string, message?: string) => {
      const fields = typeof first === 'string' ? {} : first;
      this.lines.push({
        level,
        message: typeof first === 'string' ? first : (message ?? ''),
        fields: { ...bound, ...fields },
      });
    };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
      child: (more: object) => this.#at({ ...bound, ...more }),
    };
  }
}
