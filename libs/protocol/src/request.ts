import { quoteWords } from './words.ts';

/**
 * What a client asks for, once per connection:
 * docs/reference/fork-protocol.md#requests-and-answers.
 */
export type Request =
  | { readonly kind: 'hello' }
  | { readonly kind: 'quit' }
  | ForkRequest
  /** `seconds` is a whole number and may be 0: alarm(0) would mean "never" and not "at once". */
  | { readonly kind: 'child-connect-timeout'; readonly seconds: number }
  /**
   * Hatchery's own: asks for the status of a child that another connection forked. Answered like a
   * fork.
   */
  | { readonly kind: 'attach'; readonly id: string };

/** `fork` and `fork-env`. */
export interface ForkRequest {
  readonly kind: 'fork';
  /** The text after the verb, unchanged: for logs and for sending it again. */
  readonly commandLine: string;
  /** `commandLine` in words; never empty. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** True for `fork-env`, even without any variable; false means that `environment` is empty. */
  readonly withEnvironment: boolean;
}

export type RequestKind = Request['kind'];

/**
 * The request that runs `command`: `fork-env` when an environment is given, even an empty one, else
 * `fork`.
 * @throws UnencodableError for a word that no line can carry
 */
export function forkRequest(
  command: readonly string[],
  environment?: Readonly<Record<string, string>>,
): ForkRequest {
  return {
    kind: 'fork',
    commandLine: quoteWords(command),
    command: [...command],
    environment: { ...environment },
    withEnvironment: environment !== undefined,
  };
}
