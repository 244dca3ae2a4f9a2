import type { Role } from '@hatchery/events';
import type { LiveState } from '../live/connection.ts';
import { truthOf } from '../live/truth.ts';
import { reaches } from './ranks.ts';

/**
 * Why this person cannot do what needs the role `least` at this moment, or null. The server decides
 * for itself; this explains beforehand.
 */
export function actionHindrance(
  state: LiveState,
  what: string,
  least: Role,
  at: number,
): string | null {
  const role = state.server?.role ?? 'viewer';
  if (role === 'viewer')
    return 'You are a viewer, who can look but not act. To act, sign in by a link of ./hatchery sign-in, or ask for a role. If you could act before, that sign-in is over.';
  if (!reaches(role, least)) return `${what} needs the role ${least}; you are ${role}.`;
  return actionsOff(state, at);
}

/**
 * Why nobody can act from this page at this moment, or null: what is not seen as it is now is not
 * acted on.
 */
export function actionsOff(state: LiveState, at: number): string | null {
  return truthOf(state, at).word === 'live'
    ? null
    : 'Actions are off while the data on this page is not live.';
}
