import { useEffect, useRef, type ReactNode } from 'react';

/**
 * Says that there is nothing left to act on: it went away between the look and the press of the
 * button.
 */
export function GoneDialog({
  what,
  close,
}: {
  readonly what: string;
  readonly close: () => void;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="gone-heading" onClose={close}>
      <h2 id="gone-heading">Nothing to do</h2>
      <p>{what}</p>
      <div className="buttons">
        <button type="button" autoFocus onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
