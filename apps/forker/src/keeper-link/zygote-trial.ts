import { StartError } from '@hatchery/daemon';
import { zygoteTrialMsMax } from '../limits.ts';
import type { KeeperEvent } from './messages.ts';

/** Waits for what comes of a zygote that the keeper has been asked to try. */
export class ZygoteTrial {
  readonly #outcome = Promise.withResolvers<void>();
  readonly #late: NodeJS.Timeout;

  constructor() {
    this.#late = setTimeout(() => {
      this.end(new StartError(`the new zygote was not ready within ${zygoteTrialMsMax / 1000} s`));
    }, zygoteTrialMsMax);
    this.#outcome.promise.catch(() => undefined);
  }

  /**
   * Resolves when the new zygote serves. Rejects with a {@link StartError} when it never will; then
   * all is as it was.
   */
  get outcome(): Promise<void> {
    return this.#outcome.promise;
  }

  /** True when the event is its outcome. */
  take(event: KeeperEvent): boolean {
    if (event.event === 'zygote.rejected') {
      this.end(new StartError(`the zygote failed while ${event.step}: ${event.message}`));
      return true;
    }
    const isOutcome =
      (event.event === 'zygote.ready' || event.event === 'zygote.none') && event.tried;
    if (isOutcome) this.end(null);
    return isOutcome;
  }

  /** Ends it as failed, or with null as done. */
  end(error: Error | null): void {
    clearTimeout(this.#late);
    if (error === null) this.#outcome.resolve();
    else this.#outcome.reject(error);
  }
}
