import { pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '@hatchery/config';

/** Structured lines with a constant message: `log.info({ childId }, 'child exited')`. */
export type Logger = import('pino').Logger;

/** A logger for one part that writes to stderr, one line an event, `json` or `text` as configured. */
export function createLogger(part: string, options: Config['log']): Logger {
  const settings = {
    level: options.level,
    base: { part },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Synchronous on purpose: the lines before a crash are the ones that matter.
  if (options.format === 'json') return pino(settings, pino.destination({ fd: 2, sync: true }));
  return pino(
    settings,
    pretty({
      colorize: false,
      destination: 2,
      sync: true,
      ignore: 'part',
      messageFormat: '{part}: {msg}',
      translateTime: 'UTC:yyyy-mm-dd HH:MM:ss.l',
      singleLine: true,
    }),
  );
}
