import { adjustAddress, visit, visitPage } from '../address/current-address.ts';
import { setSingleKeys, singleKeys } from '../keyboard/single-keys.ts';
import { childrenViews } from '../store/filter.ts';
import type { PageStore } from '../store/page-store.ts';
import { nextTheme } from '../views/theme.ts';
import { fromRoot } from '../address/root.ts';

/** Something the palette can do. An action on the service opens its dialog, like its button. */
export interface Command {
  /** Unique; several commands may share a name. */
  readonly key: string;
  readonly name: string;
  readonly hint: string;
  readonly run: () => void;
}

/** All commands now: pages, views and switches first, then locks and children by name. */
export function commandsOf({ live, acting }: PageStore): readonly Command[] {
  const paused = live.paused.get() !== null;
  const { draining } = live.service.get();
  const drainCommand: Command = {
    key: 'drain',
    name: draining ? 'Undrain…' : 'Drain…',
    hint: 'admin',
    run: () => acting.set({ verb: 'drain', draining: !draining }),
  };
  return [
    ...(['live', 'history', 'audit', 'doctor'] as const).map((page) => ({
      key: `page ${page}`,
      name: `Go to ${page}`,
      hint: 'page',
      run: () => visitPage(page),
    })),
    {
      key: 'pause',
      name: paused ? 'Resume' : 'Pause',
      hint: 'P',
      run: () => (paused ? live.unpause() : live.pause()),
    },
    // Left out while actions are off.
    ...(live.actionsOff.get() === null ? [drainCommand] : []),
    {
      key: 'sign-out',
      name: 'Sign out',
      hint: 'this browser',
      run: () => location.assign(fromRoot('/sign-out')),
    },
    { key: 'theme', name: 'Switch theme', hint: 'light, dark, auto', run: nextTheme },
    {
      key: 'single-keys',
      name: singleKeys.get() ? 'Switch single-key shortcuts off' : 'Switch single-key shortcuts on',
      hint: 'keyboard',
      run: () => setSingleKeys(!singleKeys.get()),
    },
    ...childrenViews.map((view) => ({
      key: `view ${view}`,
      name: `Show ${view === 'ended' ? 'recently ended' : view} children`,
      hint: 'view',
      run: () => {
        visitPage('live');
        adjustAddress({ view });
      },
    })),
    ...live.locks.get().map(({ id, name, kind, holder }) => ({
      key: `lock ${id}`,
      name: `Lock ${name}`,
      hint: [kind, holder?.user ?? null].filter((each) => each !== null).join(', '),
      run: () => visit({ lockId: id }),
    })),
    ...live.listing.get().map(({ child, branch }) => ({
      key: `child ${child.id}`,
      name: `Child ${child.pid}`,
      hint: [child.user, branch].filter((each) => each !== null).join(', '),
      run: () => visit({ childId: child.id }),
    })),
  ];
}
