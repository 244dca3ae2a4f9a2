import type { ReactNode } from 'react';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ConnectionStatus } from './connection-status.tsx';
import { ThemeButton } from './theme-button.tsx';

export function Header(): ReactNode {
  const { live } = usePageStore();
  const server = useCell(live.live, (state) => state.server?.host ?? null);
  const role = useCell(live.live, (state) => state.server?.role ?? null);
  return (
    <header>
      <h1>
        <a href="/">Hatchery</a>
        {server !== null && <span className="host">{server}</span>}
      </h1>
      <ConnectionStatus />
      <div className="controls">
        {role !== null && (
          <span
            className="role"
            title={
              role === 'viewer' ? 'You can look. To act, open the sign-in link that ./hatchery up prints.' : undefined
            }
          >
            {role}
          </span>
        )}
        <PauseButton />
        <ThemeButton />
      </div>
    </header>
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
