import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { shortcutHelp } from '../keyboard/shortcuts.ts';
import { singleKeys } from '../keyboard/single-keys.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { commandsOf, type Command } from './commands.ts';

/** Commands beyond these are found by typing more. */
const shownMax = 12;

/** One field that reaches everything by name. */
export function Palette(): ReactNode {
  const { paletteOpen } = usePageStore();
  return useCell(paletteOpen) ? <OpenPalette /> : null;
}

function OpenPalette(): ReactNode {
  const store = usePageStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  const found = matching(commandsOf(store), text).slice(0, shownMax);
  const take = (command: Command | undefined): void => {
    if (command === undefined) return;
    dialog.current?.close();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setChosen((before) => (before + by + found.length) % Math.max(1, found.length));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      take(found[chosen]);
    }
  };
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Commands"
      onClose={() => store.paletteOpen.set(false)}
    >
      <input
        role="combobox"
        aria-label="Command, child or lock"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `command-${chosen}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder="Go to, filter, act… or a pid, user, branch"
        value={text}
        autoFocus
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
      />
      <Found found={found} chosen={chosen} choose={setChosen} take={take} />
      {found.length === 0 && <p className="quiet">Nothing has that name.</p>}
      <Keys />
    </dialog>
  );
}

function matching(commands: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/);
  return commands.filter(({ name, hint }) => {
    const all = `${name} ${hint}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function Keys(): ReactNode {
  const keysOn = useCell(singleKeys);
  return (
    <p className="quiet keys">
      {shortcutHelp.map(([keys, effect]) => (
        <span key={keys}>
          <kbd>{keys}</kbd> {effect}
        </span>
      ))}
      {!keysOn && <span>Single keys are switched off.</span>}
    </p>
  );
}

interface FoundProps {
  readonly found: readonly Command[];
  readonly chosen: number;
  readonly choose: (index: number) => void;
  readonly take: (command: Command) => void;
}

function Found({ found, chosen, choose, take }: FoundProps): ReactNode {
  return (
    <ul id="palette-list" role="listbox" aria-label="Found">
      {found.map((command, index) => (
        <li
          key={command.key}
          id={`command-${index}`}
          role="option"
          aria-selected={index === chosen}
          onPointerMove={() => choose(index)}
          onClick={() => take(command)}
        >
          <span>{command.name}</span> <span className="quiet">{command.hint}</span>
        </li>
      ))}
    </ul>
  );
}
