import type { LiveState } from '../live/connection.ts';
import { truthOf } from '../live/truth.ts';
import type { SignalName } from './post-signal.ts';

/** Why this person cannot send this signal at this moment, or null. The server decides for itself; this explains beforehand. */
export function actionHindrance({ server, ...rest }: LiveState, signal: SignalName, at: number): string | null {
  const role = server?.role ?? 'viewer';
  if (role === 'viewer')
    return 'You are a viewer, who can look but not act. To act, open the sign-in link that ./hatchery up prints.';
  if (role === 'operator' && signal === 'KILL') return 'KILL needs the role admin; you are operator.';
  const { word } = truthOf({ server, ...rest }, at);
  if (word !== 'live') return 'Actions are off while the data on this page is not live.';
  return null;
}
