import type { Readable, Writable } from 'node:stream';
import { forkChild } from '@hatchery/forker-client';
import { firstReplyMsMax, sessionEndMsMax } from '../limits.ts';
import { within } from '../sessions/deadline.ts';
import { encodeRequest, readResponse } from './smart-message.ts';

/** A session of the smart server that takes one request at a time. */
export interface SmartClient {
  /**
   * Sends a request, and resolves with the words of the answer. @throws when it is an error, or
   * comes too late
   */
  call(...words: readonly string[]): Promise<readonly string[]>;
  /** Ends the session cleanly. @throws when it does not end well */
  end(): Promise<void>;
}

/** Opens a session of the demo user at the fork service. */
export async function openSmartClient(socket: string, signal: AbortSignal): Promise<SmartClient> {
  const child = await forkChild({
    socket,
    command: ['lp-serve', '--inet', 'demo'],
    environment: {},
    signal,
  });
  const { stdin, stdout, stderr } = child.openPipes();
  const complaints: Buffer[] = [];
  stderr.on('data', (bytes: Buffer) => complaints.push(bytes));
  stdin.on('error', () => undefined);
  const answers = new Answers(stdout);
  const complaint = (): string => Buffer.concat(complaints).toString();
  return {
    call: async (...words) => {
      stdin.write(encodeRequest(words));
      const answer = await within(
        answers.next(),
        firstReplyMsMax,
        `no answer to ${words.join(' ')}`,
      );
      if (!answer.ok)
        throw new Error(`${words.join(' ')}: ${answer.words.join(' ')} ${complaint()}`);
      return answer.words;
    },
    end: async () => {
      stdin.end();
      try {
        const status = await within(child.exited, sessionEndMsMax, 'it did not end with its input');
        if (status !== 0) throw new Error(`it ended with wait status ${status}: ${complaint()}`);
      } finally {
        release([stdin, stdout, stderr]);
        child[Symbol.dispose]();
      }
    },
  };
}

type Answer = NonNullable<ReturnType<typeof readResponse>>['answer'];

/** The answers of a session in order; the client waits for one at a time. */
class Answers {
  #bytes: Buffer = Buffer.alloc(0);
  #wanted: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: Error) => void;
  } | null = null;

  constructor(stdout: Readable) {
    stdout.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#serve();
    });
    stdout.once('close', () =>
      this.#wanted?.reject(new Error('the session ended without an answer')),
    );
  }

  next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#wanted = { resolve, reject };
      this.#serve();
    });
  }

  #serve(): void {
    if (this.#wanted === null) return;
    const { resolve, reject } = this.#wanted;
    try {
      const response = readResponse(this.#bytes);
      if (response === null) return;
      this.#bytes = this.#bytes.subarray(response.bytes);
      this.#wanted = null;
      resolve(response.answer);
    } catch (error) {
      reject(error as Error);
    }
  }
}

function release(streams: readonly (Readable | Writable)[]): void {
  for (const stream of streams) stream.destroy();
}
