/** A start that cannot succeed, with one line that says what to do. */
export class StartError extends Error {
  readonly code = 'start_failed';
  readonly fault = 'system';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
