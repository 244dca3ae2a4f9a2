import type { Readable, Writable } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import type { ExitReport } from './exit-report.ts';
import {
  channelInternals,
  type ChannelInternals,
  type ProtocolInternals,
} from '../ssh2/internals.ts';
import type { SendGate } from './send-gate.ts';

/**
 * One accepted channel in the gateway's terms: three streams, an ending, and a notification when
 * the client has gone.
 */
export class ExecChannel {
  /** The client's data; ends with its EOF. */
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** Ask it before reading more for `output` and `errors`. */
  readonly gate: SendGate;
  readonly #channel: ServerChannel;
  readonly #internals: ChannelInternals;
  readonly #protocol: ProtocolInternals;
  /** A client that asked for a terminal has set its own to raw mode. */
  readonly #lineEnd: '\n' | '\r\n';
  readonly #listeners = new Set<(reason: string) => void>();
  #gone: string | null = null;
  #finished = false;

  constructor(
    channel: ServerChannel,
    protocol: ProtocolInternals,
    { gate, lineEnd }: { gate: SendGate; lineEnd: '\n' | '\r\n' },
  ) {
    this.input = channel;
    this.output = channel;
    this.errors = channel.stderr;
    this.gate = gate;
    this.#lineEnd = lineEnd;
    this.#channel = channel;
    this.#internals = channelInternals(channel);
    this.#protocol = protocol;
    // A stream error here means that the client has gone, which `onGone` reports; without a
    // listener the error would end the process.
    channel.on('error', () => {});
    channel.stderr.on('error', () => {});
  }

  /**
   * Calls `listener` when the client can no longer be reached on this channel; at once if that is
   * already so.
   */
  onGone(listener: (reason: string) => void): void {
    if (this.#gone !== null) listener(this.#gone);
    else this.#listeners.add(listener);
  }

  /**
   * The connection is gone, and with it the protocol: from now on ssh2 throws at each message it
   * should send.
   */
  cutOff(reason: string): void {
    this.#internals.outgoing.state = 'closed';
    this.leave(reason);
  }

  /**
   * The client closed the channel, or its connection is gone. The owner of the connection calls
   * this, because a paused channel never emits `close`, and a waiting write never calls back (trap
   * E). After {@link finish} it is the client's reply to our close and is not reported.
   */
  leave(reason: string): void {
    if (this.#gone !== null) return;
    this.#gone = reason;
    if (!this.#finished) for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  /** No more output, while the child still runs and reads input. */
  sendEof(): void {
    if (this.#gone === null) this.#internals.eof();
  }

  /**
   * Reports the ending and closes. Only after every write has called back, because `end` discards
   * what stderr still holds (trap B). ssh2's own `exit` sends nothing after an EOF, so this sends
   * the message one layer below.
   */
  finish(report: ExitReport): void {
    if (this.#gone !== null || this.#finished) return;
    this.#finished = true;
    const { id } = this.#internals.outgoing;
    if (report.kind === 'exit-status') this.#protocol.exitStatus(id, report.status);
    else this.#protocol.exitSignal(id, report.name, report.coreDumped, '');
    this.#channel.end();
  }

  /**
   * Sends the user one line on stderr and ends with `status`, for a request that never became a
   * session.
   */
  refuse(line: string, status: number): void {
    this.finishInWords(line, { kind: 'exit-status', status });
  }

  /** Sends the user one line on stderr, then reports the ending and closes. */
  finishInWords(line: string, report: ExitReport): void {
    // Discard what the client still sends: it has to be read for the channel to close.
    this.input.resume();
    this.errors.write(`${line}${this.#lineEnd}`, () => this.finish(report));
  }
}
