import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until, within } from './deadline.ts';

const fixture = fileURLToPath(new URL('./blocking_pipes.py', import.meta.url));

/**
 * The other side of a child's three FIFOs: a process that opens them blocking, in the order of the
 * protocol.
 */
export class PipePeer implements Disposable {
  readonly #process: ChildProcess;
  readonly #closed = Promise.withResolvers<void>();
  stdout = '';
  stderr = '';

  constructor(directory: string) {
    this.#process = spawn('/usr/bin/python3', ['-I', '-S', fixture, directory], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString('latin1')));
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('latin1')));
    // The child may be gone while we still send.
    this.#process.stdin?.on('error', () => undefined);
    this.#process.on('close', () => this.#closed.resolve());
  }

  send(bytes: string | Uint8Array): void {
    this.#process.stdin?.write(bytes);
  }

  /** Ends the child's stdin. */
  endSending(): void {
    this.#process.stdin?.end();
  }

  /** Waits for a piece of the child's stdout or stderr. */
  async read(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    return until(`${String(pattern)} on the child's ${stream}`, () => pattern.exec(this[stream]));
  }

  /** Everything that the child wrote, once both outputs have ended. */
  async finished(): Promise<{ stdout: string; stderr: string }> {
    await within("the end of the child's outputs", this.#closed.promise);
    return { stdout: this.stdout, stderr: this.stderr };
  }

  [Symbol.dispose](): void {
    this.#process.kill('SIGKILL');
    this.#process.stdin?.destroy();
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
  }
}
