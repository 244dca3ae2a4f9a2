import { useEffect, useRef, type ReactNode } from 'react';
import { address } from '../address/current-address.ts';
import { useCell } from '../store/use-cell.ts';
import { ChildDrawer } from './child-drawer.tsx';
import { LockDrawer } from './lock-drawer.tsx';

/**
 * Details of the child or lock in the address, beside the tables and not over them. Esc closes it.
 */
export function Drawer(): ReactNode {
  const { childId, lockId } = useCell(address);
  useFocusBack(childId, lockId);
  if (childId !== null) return <ChildDrawer key={childId} id={childId} />;
  return lockId === null ? null : <LockDrawer key={lockId} id={lockId} />;
}

/**
 * When the details close, the focus returns to where it was before. After a step with J or K it
 * goes to the row of the last details, and to the page when neither exists any more.
 */
function useFocusBack(childId: string | null, lockId: string | null): void {
  const origin = useRef<Element | null>(null);
  const opened = useRef<string | null>(null);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    const next = childId !== null ? `pid-${childId}` : lockId !== null ? `lock-${lockId}` : null;
    const before = shown.current;
    shown.current = next;
    if (before === null) opened.current = next;
    if (next !== null || before === null) return;
    const row = document.getElementById(before);
    const wanted = opened.current === before ? [origin.current, row] : [row, origin.current];
    [...wanted, document.querySelector('main')].find(canTake)?.focus({ preventScroll: true });
  }, [childId, lockId]);
  useEffect(() => {
    const note = ({ target }: FocusEvent): void => {
      if (target instanceof Element && target.closest('.drawer') === null) origin.current = target;
    };
    // A focus that moves from a field or a link to the bare page did not start there.
    const forget = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget === null && shown.current === null) origin.current = null;
    };
    document.addEventListener('focusin', note);
    document.addEventListener('focusout', forget);
    return () => {
      document.removeEventListener('focusin', note);
      document.removeEventListener('focusout', forget);
    };
  }, []);
}

function canTake(element: Element | null): element is HTMLElement {
  return element instanceof HTMLElement && element.isConnected && element !== document.body;
}
