import {
  allowedVariablesDefault,
  childConnectTimeoutSecondsMax,
  requestBytesMax,
} from './limits.ts';
import type { RequestLimits } from './limits.ts';
import { RequestFrame } from './request-frame.ts';
import { parseFailed, refused } from './request-outcome.ts';
import type { RequestOutcome, RequestProgress } from './request-outcome.ts';
import { parseRequest } from './request-parser.ts';

export interface RequestDecoderOptions {
  readonly limits?: Partial<RequestLimits>;
  /** The variables that `fork-env` may set; the default is {@link allowedVariablesDefault}. */
  readonly allowedVariables?: readonly string[];
}

const incomplete: RequestProgress = { kind: 'incomplete' };
const nothingCame = 'the connection ended before a request came';
const unfinished =
  'the connection ended inside the request: each line ends in a newline, and fork-env in the line `end`';

/**
 * Reads the one request of a connection from its bytes, in chunks of any size. It never throws.
 *
 * It checks a `fork-env` when it is complete and not line by line, as Launchpad's service did: a
 * client that is still sending must not find the connection closed. It checks only the length at
 * once.
 */
export class RequestDecoder {
  readonly #frame: RequestFrame;
  #outcome: RequestOutcome | null = null;
  readonly #limits: RequestLimits;
  readonly #allowedVariables: readonly string[];

  constructor(options: RequestDecoderOptions = {}) {
    this.#limits = { requestBytesMax, childConnectTimeoutSecondsMax, ...options.limits };
    this.#frame = new RequestFrame(this.#limits.requestBytesMax);
    this.#allowedVariables = options.allowedVariables ?? allowedVariablesDefault;
  }

  /** Bytes that it holds now; never more than the limit, and none after the outcome. */
  get bufferedBytes(): number {
    return this.#frame.length;
  }

  /**
   * Takes the next bytes. After an outcome it returns that again: bytes after a request are
   * ignored.
   */
  push(bytes: Uint8Array): RequestProgress {
    if (this.#outcome !== null) return this.#outcome;
    const { room } = this.#frame;
    const request = this.#frame.add(bytes.subarray(0, room));
    if (request !== null)
      return this.#finish(parseRequest(request, this.#limits, this.#allowedVariables));
    if (bytes.length <= room) return incomplete;
    return this.#finish(refused({ code: 'too-long', bytesMax: this.#limits.requestBytesMax }));
  }

  /** Call this when the client sends no more; an unfinished request is refused. */
  end(): RequestOutcome {
    if (this.#outcome !== null) return this.#outcome;
    return this.#finish(parseFailed(this.#frame.length === 0 ? nothingCame : unfinished));
  }

  #finish(outcome: RequestOutcome): RequestOutcome {
    this.#outcome = outcome;
    this.#frame.clear();
    return outcome;
  }
}
