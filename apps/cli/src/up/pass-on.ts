import type { Readable } from 'node:stream';
import { passedLineBytesMax } from '../limits.ts';
import type { SupervisorLog } from './supervisor-log.ts';

/**
 * Passes on to our own log what the process of `part` says, in whole lines. The result gives the
 * last `linesMax` of them that are not empty.
 */
export function passOn(
  part: string,
  from: Readable | null,
  log: SupervisorLog,
  linesMax: number,
): () => readonly string[] {
  const last: string[] = [];
  let rest = Buffer.alloc(0);
  const pass = (lines: Buffer): void => {
    log.pass(part, lines);
    const texts = lines.toString('utf8').split('\n');
    last.push(...texts.filter((line) => line.trim() !== ''));
    last.splice(0, last.length - linesMax);
  };
  from?.on('data', (chunk: Buffer) => {
    const text = Buffer.concat([rest, chunk]);
    const whole = text.length > passedLineBytesMax ? text.length : text.lastIndexOf('\n') + 1;
    if (whole > 0) pass(text.subarray(0, whole));
    rest = text.subarray(whole);
  });
  from?.on('end', () => {
    if (rest.length > 0) pass(Buffer.concat([rest, Buffer.from('\n')]));
  });
  return () => last;
}
