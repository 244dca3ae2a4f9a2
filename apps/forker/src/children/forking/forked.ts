/** What a requester gets. `exited` resolves with the raw wait status and never rejects. */
export interface Forked {
  readonly pid: number;
  readonly directory: string;
  readonly id: string;
  readonly exited: Promise<number>;
  /** The requester has the status: it need not be kept for another one. */
  readonly heard: () => void;
}

/** A fork that nobody waits for any more: its requester left while it was in the queue. */
export class RequesterLeft extends Error {
  readonly code = 'requester_left';
  readonly fault = 'client';
}

/** A fork that is not to be had, with one line that says why and what to do. */
export class ForkRefusal extends Error {
  readonly code = 'fork_refused';
  readonly fault = 'system';
}
