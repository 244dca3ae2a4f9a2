import type { ReactNode } from 'react';
import { usePageStore, type Acting } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';

interface ActionButtonProps {
  readonly acting: Acting;
  /** The id of the element that names the target, when the button stands beside it. */
  readonly describedBy?: string;
  readonly children: string;
}

/**
 * Opens the dialog of an action. While actions are off, the button is disabled and says why. A user
 * without the role can press it: the dialog explains which role is needed.
 */
export function ActionButton({
  acting: action,
  describedBy,
  children,
}: ActionButtonProps): ReactNode {
  const { live, acting } = usePageStore();
  const off = useCell(live.actionsOff);
  return (
    <button
      type="button"
      disabled={off !== null}
      title={off ?? undefined}
      aria-describedby={describedBy}
      onClick={() => acting.set(action)}
    >
      {children}
    </button>
  );
}
