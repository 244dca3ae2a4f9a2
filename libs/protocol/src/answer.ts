/** The answers of the service: docs/reference/fork-protocol.md#requests-and-answers. */
export type Answer =
  /** To `hello`. */
  | { readonly kind: 'alive' }
  /** To `quit`. */
  | { readonly kind: 'quitting' }
  /** To `child_connect_timeout`. */
  | { readonly kind: 'ok' }
  /** First answer to `fork`, `fork-env` and `attach`; the connection stays open. */
  | { readonly kind: 'forked'; readonly pid: number; readonly directory: string }
  /** Last answer to these. `status` is the raw wait status, 0 to 65535: see `readWaitStatus`. */
  | { readonly kind: 'exited'; readonly status: number }
  | FailureAnswer;

/** A refusal. */
export interface FailureAnswer {
  readonly kind: 'failure';
  /** One line that says why and what to do. */
  readonly reason: string;
  /**
   * Set for `FAILURE: <reason>` on one line, a form that only `child_connect_timeout` uses; absent
   * for `FAILURE\n<reason>`.
   */
  readonly sameLine?: true;
}
