import { useState, type ReactNode } from 'react';
import type { Child, Lock } from '@hatchery/events';
import { usePageStore, type Acting } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { BreakDialog } from './break-dialog.tsx';
import { DrainDialog } from './drain-dialog.tsx';
import { GoneDialog } from './gone-dialog.tsx';
import { SignalDialog } from './signal-dialog.tsx';

/**
 * The target as the user saw it: the request names exactly this process or acquisition, whatever
 * changes in between.
 */
interface Target {
  readonly acting: Acting;
  readonly child: Child | null;
  readonly lock: Lock | null;
}

/** The dialog of the action the user is about to take, if any. */
export function Dialogs(): ReactNode {
  const { acting, live } = usePageStore();
  const now = useCell(acting);
  const [target, setTarget] = useState<Target | null>(null);
  if (now !== (target?.acting ?? null)) setTarget(now === null ? null : lookAt(now));
  const close = (): void => acting.set(null);
  if (target === null || now === null) return null;
  const { child, lock } = target;
  if (target.acting.verb === 'drain')
    return <DrainDialog draining={target.acting.draining} close={close} />;
  if (target.acting.verb === 'signal') {
    if (child === null) return <GoneDialog what="This session has ended since." close={close} />;
    return <SignalDialog target={child} close={close} />;
  }
  if (lock === null) return <GoneDialog what="This lock has been released since." close={close} />;
  return <BreakDialog target={lock} holder={child} close={close} />;

  function lookAt(next: Acting): Target {
    if (next.verb === 'drain') return { acting: next, child: null, lock: null };
    const lock =
      next.verb === 'break'
        ? (live.locks.get().find(({ id }) => id === next.lockId) ?? null)
        : null;
    const childId = next.verb === 'signal' ? next.childId : lock?.holder?.childId;
    return { acting: next, lock, child: (childId ? live.row(childId)?.get().child : null) ?? null };
  }
}
