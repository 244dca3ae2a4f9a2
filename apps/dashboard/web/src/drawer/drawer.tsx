import { useEffect, useRef, type ReactNode } from 'react';
import { address, visit } from '../address/current-address.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildDrawer } from './child-drawer.tsx';
import { LockDrawer } from './lock-drawer.tsx';

/** Details of the child or lock in the address, beside the tables and not over them. Esc closes it. */
export function Drawer(): ReactNode {
  const { childId, lockId } = useCell(address);
  if (childId !== null) return <ChildDrawer key={childId} id={childId} />;
  return lockId === null ? null : <LockDrawer key={lockId} id={lockId} />;
}

interface DrawerFrameProps {
  readonly title: string;
  readonly actions: ReactNode;
  readonly children: ReactNode;
}

/** The frame that both kinds of details share. */
export function DrawerFrame({ title, actions, children }: DrawerFrameProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus({ preventScroll: true });
    return () => {
      // Back to where the reader came from, if that is still there.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside className="drawer" aria-labelledby="details-heading">
      <div className="section-head">
        <h2 id="details-heading" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <span className="drawer-actions">
          {actions}
          <button type="button" onClick={() => visit({})}>
            Close
          </button>
        </span>
      </div>
      {children}
    </aside>
  );
}
