import { useEffect, useRef, type ReactNode } from 'react';
import { visit } from '../address/current-address.ts';

interface DrawerFrameProps {
  readonly title: string;
  readonly actions: ReactNode;
  readonly children: ReactNode;
}

/** The frame around the details of a child or a lock. */
export function DrawerFrame({ title, actions, children }: DrawerFrameProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
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
