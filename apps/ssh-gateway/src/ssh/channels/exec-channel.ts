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
 * One accepted channel of a client in the gateway's own words: three streams, an ending, and the
 * news that the client has gone.
 */
export class ExecChannel {
  /** What the client sends; ends with its EOF. */
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  /** Ask it before reading more for `output` and `errors`. */
  readonly gate: SendGate;
  readonly #channel: ServerChannel;
  readonly #internals: ChannelInternals;
  readonly #protocol: ProtocolInternals;
  /** A client that asked for a terminal has put its own into raw mode. */
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
    // A stream's error here is the client's absence, which `onGone` tells; without a listener it
    // would end the process.
    channel.on('error', () => {});
    channel.stderr.on('error', () => {});
  }

  /**
   * Calls `listener` when nobody can be reached on this channel any more, at once when that is so
   * already.
   */
  onGone(listener: (reason: string) => void): void {
    if (this.#gone !== null) listener(this.#gone);
    else this.#listeners.add(listener);
  }

  /**
   * The connection is gone, and with it the protocol beneath: from now on ssh2 would throw at each
   * message it tries to send.
   */
  cutOff(reason: string): void {
    this.#internals.outgoing.state = 'closed';
    this.leave(reason);
  }

  /**
   * The client closed the channel, or its connection is gone. Told from outside: a channel that is
   * paused never emits `close`, and a write that was waiting never calls back (trap E). After
   * {@link finish} it is the client's consent and told to nobody.
   */
  leave(reason: string): void {
    if (this.#gone !== null) return;
    this.#gone = reason;
    if (!this.#finished) for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }

  /** No more output, while the child still runs and takes input. */
  sendEof(): void {
    if (this.#gone === null) this.#internals.eof();
  }

  /**
   * Reports the ending and closes. Only after every write has called back: `end` throws away what
   * stderr still holds (trap B). ssh2's own `exit` says nothing after an EOF, so the message is
   * sent beneath it.
   */
  finish(report: ExitReport): void {
    if (this.#gone !== null || this.#finished) return;
    this.#finished = true;
    const { id } = this.#internals.outgoing;
    if (report.kind === 'exit-status') this.#protocol.exitStatus(id, report.status);
    else this.#protocol.exitSignal(id, report.name, report.coreDumped, '');
    this.#channel.end();
  }

  /** Tells the user one line on stderr and ends with `status`, for what never became a session. */
  refuse(line: string, status: number): void {
    this.finishInWords(line, { kind: 'exit-status', status });
  }

  /** Tells the user one line on stderr, then reports the ending and closes. */
  finishInWords(line: string, report: ExitReport): void {
    // What the client still sends is of no use, but has to be read for the channel to close.
    this.input.resume();
    this.errors.write(`${line}${this.#lineEnd}`, () => this.finish(report));
  }
}
