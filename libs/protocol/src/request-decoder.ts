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
  /** The variables that `fork-env` may set; {@link allowedVariablesDefault} without this. */
  readonly allowedVariables?: readonly string[];
}

const incomplete: RequestProgress = { kind: 'incomplete' };
const nothingCame = 'the connection ended before a request came';
const unfinished =
  'the connection ended inside the request: each line ends in a newline, and fork-env in the line `end`';

/**
 * Reads the one request of a connection from its bytes, however they are cut. It never throws.
 *
 * A `fork-env` is judged when it is complete and not line by line, as Launchpad's service did: a
 * client that is still sending must not find the connection closed. Only the length is judged at
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

  /** Bytes held at the moment; never more than the limit, and none after the outcome. */
  get bufferedBytes(): number {
    return this.#frame.length;
  }

  /**
   * Takes the bytes that came. After an outcome it answers that again: what follows a request is
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

  /** The client sends no more; what it left unfinished is refused. */
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
