import type { Readable, Writable } from 'node:stream';
import type { Limits } from '../limits.ts';
import type { SendGate } from '../ssh/channels/send-gate.ts';

export type OutputLimits = Pick<
  Limits,
  'outputBufferBytesMax' | 'outputsDeadlineMs' | 'pipeBytesMax'
>;

/** Carries one output of a child to the client, and reads no more than the client takes. */
export class OutputPump {
  /** Resolves when the output has ended and all of it was sent to the client. */
  readonly drained: Promise<void>;
  readonly #source: Readable;
  readonly #sink: Writable;
  readonly #gate: SendGate;
  readonly #limits: OutputLimits;
  readonly #resolveDrained: () => void;
  #bytes = 0;
  #unwritten = 0;
  #ended = false;
  #detached = false;
  #waitsForGate = false;
  #paused = false;
  #deadline: { timer: NodeJS.Timeout; bytesAtExit: number; wasPaused: boolean } | null = null;

  constructor(source: Readable, sink: Writable, gate: SendGate, limits: OutputLimits) {
    this.#source = source;
    this.#sink = sink;
    this.#gate = gate;
    this.#limits = limits;
    ({ promise: this.drained, resolve: this.#resolveDrained } = Promise.withResolvers<void>());
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    // Treat a failed output as ended; the child's exit says more than this error could.
    source.on('error', () => {});
    source.once('end', () => this.#end());
    source.once('close', () => this.#end());
  }

  /** Bytes read from the child. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The child has exited, so its output should end now. A process that still holds it open is cut
   * off after the first whole deadline in which the client took everything, because by then the
   * dead child's bytes have been read; or when more data came than a pipe can hold.
   */
  limit(): void {
    if (this.#ended || this.#deadline !== null) return;
    const timer = setInterval(
      () => setImmediate(() => this.#checkDeadline()),
      this.#limits.outputsDeadlineMs,
    );
    this.#deadline = { timer, bytesAtExit: this.#bytes, wasPaused: this.#paused };
  }

  /** No client takes the output any more; keep reading it, so that the child does not block. */
  detach(): void {
    this.#detached = true;
    this.#unwritten = 0;
    this.#balance();
    this.#settle();
  }

  destroy(): void {
    this.detach();
    this.#source.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#detached) return;
    this.#unwritten += chunk.length;
    this.#sink.write(chunk, () => this.#written(chunk.length));
    this.#balance();
  }

  #written(bytes: number): void {
    if (this.#detached) return;
    this.#unwritten -= bytes;
    this.#balance();
    this.#settle();
  }

  /** Reads or pauses, as the client's window and the connection's socket allow (trap D). */
  #balance(): void {
    const gateShut = !this.#detached && !this.#gate.isOpen;
    if (gateShut && !this.#waitsForGate) {
      this.#waitsForGate = true;
      this.#gate.whenOpen(() => this.#gateOpened());
    }
    const pause = gateShut || this.#unwritten >= this.#limits.outputBufferBytesMax;
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause && this.#deadline !== null) this.#deadline.wasPaused = true;
    if (pause) this.#source.pause();
    else this.#source.resume();
  }

  #gateOpened(): void {
    this.#waitsForGate = false;
    this.#balance();
  }

  #checkDeadline(): void {
    const deadline = this.#deadline;
    if (deadline === null) return;
    if (!deadline.wasPaused || this.#bytes - deadline.bytesAtExit > this.#limits.pipeBytesMax)
      this.#source.destroy();
    deadline.wasPaused = this.#paused;
  }

  #end(): void {
    this.#ended = true;
    clearInterval(this.#deadline?.timer);
    this.#deadline = null;
    this.#settle();
  }

  #settle(): void {
    if (this.#ended && this.#unwritten === 0) this.#resolveDrained();
  }
}
