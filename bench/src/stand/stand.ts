import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hatchery, type ForkerSettings } from './hatchery.ts';
import { Sshd } from './sshd.ts';

/**
 * The environment of all measurements: a scratch directory and our side, running. Disposing it
 * leaves nothing behind.
 */
export class Stand implements AsyncDisposable {
  readonly hatchery: Hatchery;
  readonly signal: AbortSignal;
  readonly #directory: string;
  readonly #owned: AsyncDisposableStack;
  #scratches = 0;

  /** @throws an Error that says what did not start, with everything cleaned up */
  static async open(signal: AbortSignal): Promise<Stand> {
    await using owned = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), 'hatchery-bench-'));
    owned.defer(() => rmSync(directory, { recursive: true, force: true }));
    const hatchery = owned.use(
      await Hatchery.start({ directory: join(directory, 'ours'), signal }),
    );
    return new Stand(directory, hatchery, owned.move(), signal);
  }

  private constructor(
    directory: string,
    hatchery: Hatchery,
    owned: AsyncDisposableStack,
    signal: AbortSignal,
  ) {
    this.#directory = directory;
    this.hatchery = hatchery;
    this.#owned = owned;
    this.signal = signal;
  }

  /** A path that does not exist yet and is removed with the stand. */
  scratch(name: string): string {
    this.#scratches += 1;
    return join(this.#directory, `${this.#scratches}-${name}`);
  }

  /** A home directory without any settings, for the programs of the rivals. */
  get home(): string {
    return this.#directory;
  }

  /** A second instance of our side with other settings. The caller disposes it. */
  startHatchery(settings: ForkerSettings): Promise<Hatchery> {
    return Hatchery.start({ directory: this.scratch('ours'), settings, signal: this.signal });
  }

  /**
   * The rival of the gateway, serving the same branches to the same key, or running `command` for
   * it. The caller disposes it.
   */
  startSshd(command?: string): Promise<Sshd> {
    const { hostingRoot, destination } = this.hatchery;
    const { keyFile } = destination;
    return Sshd.start({
      directory: this.scratch('sshd'),
      hostingRoot,
      keyFile,
      signal: this.signal,
      command,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}
