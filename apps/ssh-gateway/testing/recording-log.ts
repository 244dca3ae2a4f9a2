import assert from 'node:assert/strict';
import type { Logger } from '@hatchery/daemon';
import { until } from '@hatchery/testkit';

/** One line as a logger received it, with the fields that its parents bound. */
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

  /**
   * The first line with this message. It may not be there yet: a client learns of an end before the
   * gateway has logged it.
   */
  async heard(message: string): Promise<LogLine> {
    await until(`"${message}" in the log`, () => this.named(message).length > 0);
    const [line] = this.named(message);
    assert.ok(line !== undefined);
    return line;
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
