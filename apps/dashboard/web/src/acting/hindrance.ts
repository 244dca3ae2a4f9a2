import type { Role } from '@hatchery/events';
import type { LiveState } from '../live/connection.ts';
import { truthOf } from '../live/truth.ts';
import { reaches } from './ranks.ts';

/**
 * Why this user cannot do something that needs the role `least` now, or null. The server enforces
 * the rule; this text explains it before the user tries.
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
 * Why actions are off on this page now, or null. The page does not act on data that is not live.
 */
export function actionsOff(state: LiveState, at: number): string | null {
  return truthOf(state, at).word === 'live'
    ? null
    : 'Actions are off while the data on this page is not live.';
}
