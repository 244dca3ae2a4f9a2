import type { Limits } from '../limits.ts';
import type { ExecChannel } from '../ssh/channels/exec-channel.ts';
import { InputPump } from './input-pump.ts';
import { OutputPump } from './output-pump.ts';
import type { SessionChild } from './fork-service.ts';

/** The three streams between a client and its child. */
export class Pumps {
  /** Resolves when both outputs have ended and all of them was sent to the client. */
  readonly outputsDrained: Promise<void>;
  readonly #input: InputPump;
  readonly #output: OutputPump;
  readonly #errors: OutputPump;

  /** @throws the error of open(2) when the child's pipes are gone */
  constructor(child: SessionChild, channel: ExecChannel, limits: Limits, firstByte: () => void) {
    const pipes = child.openPipes();
    this.#output = new OutputPump(pipes.stdout, channel.output, channel.gate, limits);
    this.#errors = new OutputPump(pipes.stderr, channel.errors, channel.gate, limits);
    this.#input = new InputPump(channel.input, pipes.stdin);
    pipes.stdout.once('data', firstByte);
    this.outputsDrained = Promise.all([this.#output.drained, this.#errors.drained]).then(() => {});
  }

  get bytes(): { readonly in: number; readonly out: number; readonly err: number } {
    return { in: this.#input.bytes, out: this.#output.bytes, err: this.#errors.bytes };
  }

  /** The first branch the client named, or null. */
  get branch(): string | null {
    return this.#input.branch;
  }

  /** The child has exited: it reads no more, and its outputs end soon. */
  limitOutputs(): void {
    this.#input.destroy();
    this.#output.limit();
    this.#errors.limit();
  }

  /** The client has gone: give the child an end of file, and discard its outputs. */
  detachClient(): void {
    this.#input.detach();
    this.#output.detach();
    this.#errors.detach();
  }

  /** Releases the three descriptors. */
  destroy(): void {
    this.#input.destroy();
    this.#output.destroy();
    this.#errors.destroy();
  }
}
