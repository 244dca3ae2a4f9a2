import { controlRequest } from '@hatchery/event-feed';
import type { ForkerLoad } from '@hatchery/events';
import { loadMsMax } from '../limits.ts';

/**
 * How full the fork service is now; null when it is away, does not answer in time, or is one of
 * before it could tell.
 */
export async function askLoad(controlSocket: string): Promise<ForkerLoad | null> {
  try {
    const load = await controlRequest(controlSocket, 'GET', '/v1/load', undefined, loadMsMax);
    return typeof load === 'object' && load !== null && 'childrenMax' in load
      ? (load as ForkerLoad)
      : null;
  } catch {
    // The gauge of the feed says that it is away; numbers of before would not.
    return null;
  }
}
