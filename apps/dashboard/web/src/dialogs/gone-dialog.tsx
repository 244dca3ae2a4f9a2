import { useEffect, useRef, type ReactNode } from 'react';

/** Says that the target is gone: it went away before the user pressed the button. */
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
