import type { ReactNode } from 'react';
import { ActionButton } from '../acting/action-button.tsx';
import { pages } from '../address/address.ts';
import { address } from '../address/current-address.ts';
import { Link } from '../parts/link.tsx';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ConnectionStatus } from './connection-status.tsx';
import { ThemeButton } from './theme-button.tsx';

const names = { live: 'Live', history: 'History', audit: 'Audit', doctor: 'Doctor' } as const;

export function Header(): ReactNode {
  const { live, paletteOpen } = usePageStore();
  const host = useCell(live.live, (state) => state.server?.host ?? null);
  const role = useCell(live.live, (state) => state.server?.role ?? null);
  return (
    <header>
      <h1>
        Hatchery
        {host !== null && <span className="host">{host}</span>}
      </h1>
      <Pages />
      <ConnectionStatus />
      <div className="controls">
        {role !== null && (
          <span
            className="role"
            title={
              role === 'viewer'
                ? 'You can look. To act, sign in by a link of ./hatchery sign-in, or ask for a role.'
                : undefined
            }
          >
            {role}
          </span>
        )}
        <PauseButton />
        <DrainButton />
        <button
          type="button"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => paletteOpen.set(true)}
        >
          Commands
        </button>
        <ThemeButton />
      </div>
    </header>
  );
}

function Pages(): ReactNode {
  const { page } = useCell(address);
  return (
    <nav aria-label="Pages">
      {pages.map((each) => (
        <Link key={each} to={{ page: each }} current={each === page}>
          {names[each]}
        </Link>
      ))}
    </nav>
  );
}

function PauseButton(): ReactNode {
  const { live } = usePageStore();
  const paused = useCell(live.paused, (pause) => pause !== null);
  return (
    <button type="button" onClick={() => (paused ? live.unpause() : live.pause())}>
      {paused ? 'Resume' : 'Pause'}
    </button>
  );
}

function DrainButton(): ReactNode {
  const { live } = usePageStore();
  const draining = useCell(live.service, (service) => service.draining);
  return (
    <ActionButton acting={{ verb: 'drain', draining: !draining }}>
      {draining ? 'Undrain…' : 'Drain…'}
    </ActionButton>
  );
}
