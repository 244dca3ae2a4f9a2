import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { size } from '@hatchery/display';
import {
  areLeftoversKept,
  describeLeftovers,
  leftoverRemedy,
  type Check,
  type FeedState,
  type ForkerLoad,
  type ReadOnlyState,
  type View,
} from '@hatchery/events';
import type { HistoryState } from './history/history.ts';
import { historyBytesMax, liveClientsMax } from './limits.ts';

/** What the checks look at. */
export interface Examined {
  readonly feed: FeedState;
  readonly gateway: FeedState;
  readonly readOnly: ReadOnlyState | null;
  readonly view: View;
  /** Null when the fork service does not tell. */
  readonly load: ForkerLoad | null;
  readonly history: HistoryState;
  readonly browsers: number;
  readonly tooSlow: number;
  readonly uptimeS: number;
  readonly build: string;
}

/** Below this share of free space a disk is about to stop the history, and the hosting with it. */
const freeShareMin = 0.05;

/** Everything the dashboard can see of the service's health, worst first. */
export async function examine(examined: Examined): Promise<readonly Check[]> {
  const order = ['failed', 'warning', 'well'];
  const checks = [
    ...checksOf(examined),
    leftoversCheck(examined.load, Date.now()),
    await diskCheck(dirname(examined.history.path)),
  ];
  return checks.sort((left, right) => order.indexOf(left.verdict) - order.indexOf(right.verdict));
}

function checksOf({
  feed,
  gateway,
  readOnly,
  view,
  history,
  browsers,
  tooSlow,
  uptimeS,
  build,
}: Examined): readonly Check[] {
  return [
    feed.up
      ? well('Feed of the forker', `up since ${feed.since}`)
      : failed(
          'Feed of the forker',
          `down since ${feed.since}: ${feed.reason}`,
          'Start it: ./hatchery start. Its log says why it ended.',
        ),
    zygoteCheck(view.zygote),
    view.draining
      ? warning(
          'New sessions',
          'refused: the service is draining',
          'Undrain when the work that asked for it is done.',
        )
      : well('New sessions', 'taken'),
    changesCheck(readOnly),
    gateway.up
      ? well('Feed of the gateway', `up since ${gateway.since}`)
      : warning(
          'Feed of the gateway',
          `down since ${gateway.since}: ${gateway.reason}`,
          'Without it the history has no bytes, phases and refusals. Start it: ./hatchery start.',
        ),
    history.problem === null
      ? well(
          'History',
          `${size(history.bytes)} of ${size(historyBytesMax)} at most, in ${history.path}`,
        )
      : failed(
          'History',
          `not written: ${history.problem}; ${history.waiting} records wait`,
          `Make room or rights for ${history.path}.`,
        ),
    ...(history.lost === 0
      ? []
      : [
          warning(
            'Lost records',
            `${history.lost} since the start of the dashboard`,
            'Their time is missing in History.',
          ),
        ]),
    ...(history.movedAside === null
      ? []
      : [
          warning(
            'Damaged history',
            `was put aside as ${history.movedAside}`,
            'Remove it when nobody needs it.',
          ),
        ]),
    browsers < liveClientsMax * 0.9
      ? well(
          'Open pages',
          `${browsers} of ${liveClientsMax}; ${tooSlow} closed as too slow since the start`,
        )
      : warning(
          'Open pages',
          `${browsers} of ${liveClientsMax}`,
          'Close pages that nobody looks at.',
        ),
    well(
      'Dashboard',
      `build ${build}, up for ${Math.floor(uptimeS / 60)} min, Node ${process.version}`,
    ),
  ];
}

function changesCheck(readOnly: ReadOnlyState | null): Check {
  if (readOnly === null) return well('Changes', 'taken');
  const { since, actor, reason } = readOnly;
  const whose = `${since === '' ? '' : ` since ${since}`}${actor === '' ? '' : ` by ${actor}`}`;
  const found = `refused: the service is read-only${whose}: ${reason}`;
  return warning('Changes', found, 'Switch it off when that is over: ./hatchery read-only off.');
}

/**
 * What killed sessions left in the hosting root; only what the hourly collection leaves is a
 * warning.
 */
function leftoversCheck(load: ForkerLoad | null, nowMs: number): Check {
  if (load === null)
    return well('Left by killed sessions', 'not known: the fork service does not tell');
  const found = describeLeftovers(load.leftovers);
  return areLeftoversKept(load.leftovers, nowMs)
    ? warning('Left by killed sessions', found, `Run ./${leftoverRemedy}.`)
    : well('Left by killed sessions', found);
}

function zygoteCheck(zygote: View['zygote']): Check {
  switch (zygote.state) {
    case 'starting':
      return warning(
        'Zygote',
        'starting',
        'New sessions wait. If this lasts, run ./hatchery doctor on the host.',
      );
    case 'off':
      return well('Zygote', 'off (forker.fork = false): every session is a Python of its own');
    case 'failed':
      return failed(
        'Zygote',
        `failed at ${zygote.step}: ${zygote.message}`,
        'Run ./hatchery doctor on the host.',
      );
    case 'ready': {
      const { pid, failure } = zygote;
      if (failure === undefined) return well('Zygote', `ready, pid ${pid}`);
      const found = `an older one serves, pid ${pid}; the new one failed at ${failure.step}: ${failure.message}`;
      return warning(
        'Zygote',
        found,
        'Sessions go on as before the change. Run ./hatchery doctor on the host.',
      );
    }
  }
}

async function diskCheck(directory: string): Promise<Check> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    const found = `${size(bavail * bsize)} free where the history is`;
    return bavail > blocks * freeShareMin
      ? well('Disk', found)
      : warning('Disk', found, `Make room at ${directory}.`);
  } catch (error) {
    return warning('Disk', `not readable: ${(error as Error).message}`, `Look at ${directory}.`);
  }
}

function well(name: string, found: string): Check {
  return { name, verdict: 'well', found, remedy: null };
}

function warning(name: string, found: string, remedy: string): Check {
  return { name, verdict: 'warning', found, remedy };
}

function failed(name: string, found: string, remedy: string): Check {
  return { name, verdict: 'failed', found, remedy };
}
