/**
 * The forker answered FAILURE: the request was understood and refused. `reason` is its one line,
 * fit for the user.
 */
export class ForkRefusedError extends Error {
  readonly code = 'fork_refused';
  readonly fault = 'system';
  readonly reason: string;

  constructor(reason: string) {
    super(`the fork service refused: ${reason}`);
    this.name = 'ForkRefusedError';
    this.reason = reason;
  }
}

/**
 * Nobody answered on the fork service's socket, or the connection broke before an answer. Worth a
 * retry.
 */
export class ForkerUnavailableError extends Error {
  readonly code = 'forker_unavailable';
  readonly fault = 'system';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ForkerUnavailableError';
  }
}
