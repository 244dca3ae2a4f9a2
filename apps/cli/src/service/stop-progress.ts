import { age, visible } from '@hatchery/display';
import type { Child } from '@hatchery/events';
import type { Invocation } from '../command.ts';
import { serviceState } from './running-service.ts';

/**
 * Says who is waited for while a service drains: all of them at first, then each time somebody has
 * left.
 */
export class StopProgress {
  readonly #invocation: Invocation;
  #said = '';

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
  }

  /**
   * Looks, and says what has changed. Silent when the fork service answers no more: then it has no
   * session either.
   */
  async look(): Promise<void> {
    const { config, say } = this.#invocation;
    const state = await serviceState(config).catch(() => null);
    const children = Object.values(state?.view.children ?? {});
    const ids = children.map(({ id }) => id).join();
    if (ids === this.#said) return;
    this.#said = ids;
    if (children.length === 0) say('no session runs any more');
    for (const line of waitedFor(children, config.forker.childrenTimeoutS, Date.now())) say(line);
  }
}

/** Lines about the sessions that a stop waits for; none when there are none. */
export function waitedFor(children: readonly Child[], timeoutS: number, nowMs: number): string[] {
  if (children.length === 0) return [];
  const count = `${children.length} session${children.length === 1 ? '' : 's'}`;
  return [
    `waiting for ${count}, at most ${timeoutS} s in all; hatchery stop --now ends them`,
    ...children.map(({ id, pid, user, command, startedAt }) => {
      return visible(
        `  ${user ?? '-'}: ${command} (pid ${pid}, for ${age(Date.parse(startedAt), nowMs)}, ${id})`,
      );
    }),
  ];
}
