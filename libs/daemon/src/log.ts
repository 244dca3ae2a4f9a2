import { pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Config } from '@hatchery/config';
import { standardError } from './log-output.ts';

/** Structured lines with a constant message: `log.info({ childId }, 'child exited')`. */
export type Logger = import('pino').Logger;

/**
 * A logger for one part that writes to stderr, one line an event, `json` or `text` as configured.
 * Nothing waits for it, and it never fails: lines that could not be written are counted in one that
 * comes after them.
 */
export function createLogger(part: string, options: Config['log']): Logger {
  const output = standardError();
  const settings = {
    level: options.level,
    base: { part },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const format = options.format === 'json' ? (line: string) => line : prettyFactory(textFormat);
  const destination = {
    write: (line: string) => output.write(format(line)),
    // Pino calls it at a fatal line.
    flushSync: () => output.flushSync(),
  };
  const log = pino(settings, destination);
  output.regained = (lostLines, problem) =>
    log.warn({ lostLines, problem }, 'lines of this log were lost');
  return log;
}

const textFormat = {
  colorize: false,
  ignore: 'part',
  messageFormat: '{part}: {msg}',
  translateTime: 'UTC:yyyy-mm-dd HH:MM:ss.l',
  singleLine: true,
};
