import type { LiveState } from '../live/connection.ts';
import { staleAfterMs } from '../live/limits.ts';
import { duration } from '../parts/duration.ts';
import type { Service } from './live-store.ts';

/** One thing that needs a person. `alarm` hurts sessions now; `notice` is as somebody wished, or will pass. */
export interface Concern {
  readonly harm: 'alarm' | 'notice';
  readonly title: string;
  readonly detail: string;
}

/** What needs attention at the instant `at` of this computer's clock, worst first. */
export function concerns(state: LiveState, service: Service, at: number): readonly Concern[] {
  const found: Concern[] = [];
  const add = (harm: Concern['harm'], title: string, detail: string): void => void found.push({ harm, title, detail });
  const serverNow = at + (state.clockOffsetMs ?? 0);
  if (state.data === null && state.heardAt === null) add('notice', 'Connecting', 'to the dashboard’s server.');
  if (state.heardAt !== null && at - state.heardAt >= staleAfterMs) {
    add(
      'alarm',
      'Dashboard lost',
      'The server of this page does not answer. What you see is old; the sessions themselves are not affected.',
    );
  }
  if (state.feed?.up === false) {
    add(
      'alarm',
      'Forker away',
      `for ${duration(serverNow - Date.parse(state.feed.since))}: ${state.feed.reason}. Running sessions go on.`,
    );
  }
  if (service.zygote.state === 'failed')
    add('alarm', 'Zygote failed', `at ${service.zygote.step}: ${service.zygote.message}`);
  if (state.feed?.up === true && service.zygote.state === 'starting')
    add('notice', 'Zygote starting', 'New sessions wait until Breezy is loaded.');
  if (service.draining) add('notice', 'Draining', 'No new session is taken; those that run may finish.');
  if (state.server !== null && state.server.build !== state.firstBuild)
    add('notice', 'New version', 'of this page is out. Reload to get it.');
  return found.sort((left, right) => rank(left) - rank(right));
}

function rank({ harm }: Concern): number {
  return harm === 'alarm' ? 0 : 1;
}
