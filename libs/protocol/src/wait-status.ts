import { firstRealtimeSignal, lastRealtimeSignal, signalNames } from './signals.ts';

/** How a process ended. At most one of `code` and `signal` is not null. */
export interface WaitStatus {
  /** 0 to 255. */
  readonly code: number | null;
  /** With prefix, as `SIGKILL`. */
  readonly signal: string | null;
  readonly coreDumped: boolean;
}

/** Greatest raw status: wait(2) uses 16 bits. */
export const waitStatusMax = 0xffff;

const signalBits = 0x7f;
const coreBit = 0x80;

/**
 * Reads a raw wait status, as wait(2) returns it and the answer `exited` carries it. A process that
 * is merely stopped or continued has not ended: both `code` and `signal` are null then, and no
 * service sends that.
 * @throws RangeError for an invalid raw status; the decoder of answers lets none through
 */
export function readWaitStatus(status: number): WaitStatus {
  if (!Number.isInteger(status) || status < 0 || status > waitStatusMax) {
    throw new RangeError(
      `${status} is not a raw wait status, which is a whole number from 0 to ${waitStatusMax}`,
    );
  }
  const signal = status & signalBits;
  if (signal === 0) return { code: status >> 8, signal: null, coreDumped: false };
  // 0x7f marks a stop, and 0xffff a continuation.
  if (signal === signalBits) return { code: null, signal: null, coreDumped: false };
  return { code: null, signal: signalName(signal), coreDumped: (status & coreBit) !== 0 };
}

/**
 * The raw status of a process that exited with `code`.
 * @throws RangeError outside 0 to 255.
 */
export function exitStatusOf(code: number): number {
  if (!Number.isInteger(code) || code < 0 || code > 0xff)
    throw new RangeError(`${code} is not an exit code, 0 to 255`);
  return code << 8;
}

/**
 * The raw status of a process that died by the signal of this name, such as `SIGALRM`; null for an
 * unknown name.
 */
export function signalStatusOf(name: string, coreDumped = false): number | null {
  const signal = signalsByName.get(name);
  if (signal === undefined) return null;
  return coreDumped ? signal | coreBit : signal;
}

function signalName(signal: number): string {
  const name = signalNames[signal];
  if (name !== undefined) return name;
  if (signal < firstRealtimeSignal || signal > lastRealtimeSignal) return `SIG${signal}`;
  return signal === firstRealtimeSignal ? 'SIGRTMIN' : `SIGRTMIN+${signal - firstRealtimeSignal}`;
}

const signalsByName = new Map<string, number>();
for (let signal = 1; signal < signalBits; signal += 1)
  signalsByName.set(signalName(signal), signal);
