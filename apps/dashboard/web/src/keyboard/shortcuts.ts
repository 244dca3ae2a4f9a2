import { address, visit, visitPage } from '../address/current-address.ts';
import type { PageStore } from '../store/page-store.ts';
import { singleKeys } from './single-keys.ts';

/**
 * The keys and what they do, for the help in the palette. None of them changes anything on the
 * server.
 */
export const shortcutHelp: readonly (readonly [keys: string, effect: string])[] = [
  ['Ctrl K or ⌘K', 'this palette'],
  ['?', 'the same, for its list of keys'],
  ['/', 'filter the children'],
  ['J, K', 'next and previous child'],
  ['Enter', 'open the marked child'],
  ['Esc', 'close the details'],
  ['P', 'pause and resume'],
];

/** Listens for shortcuts as long as the page lives. */
export function listenForShortcuts(store: PageStore): void {
  document.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      if (document.querySelector('dialog[open]') === null) store.paletteOpen.set(true);
      return;
    }
    // A dialog has its own keys, and keys in a field are text.
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector('dialog[open]') !== null
    )
      return;
    if (event.key === 'Escape') return leave();
    if (isTypedInto(event.target) || !singleKeys.get()) return;
    if (perform(store, event.key, event.target)) event.preventDefault();
  });
}

function leave(): void {
  const { childId, lockId } = address.get();
  if (childId !== null || lockId !== null) visit({});
}

/** True when the page handled the key. */
function perform(store: PageStore, key: string, target: EventTarget | null): boolean {
  switch (key) {
    case '?':
      store.paletteOpen.set(true);
      return true;
    case '/':
      return focusFilter();
    case 'p':
      if (store.live.paused.get() === null) store.live.pause();
      else store.live.unpause();
      return true;
    case 'j':
      return step(store, 1);
    case 'k':
      return step(store, -1);
    case 'Enter': {
      const id = store.cursor.get();
      if (id === null || !isBare(target)) return false;
      visit({ childId: id });
      return true;
    }
    default:
      return false;
  }
}

/** Focus at once when the field already exists, so that the next key goes into it. */
function focusFilter(): boolean {
  const field = document.getElementById('filter');
  if (field !== null) field.focus();
  else {
    visitPage('live');
    requestAnimationFrame(() => document.getElementById('filter')?.focus());
  }
  return true;
}

function step({ cursor, shownIds }: PageStore, by: number): boolean {
  const ids = shownIds.get();
  const { childId } = address.get();
  const at = ids.indexOf(cursor.get() ?? childId ?? '');
  const next = ids[at === -1 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
  if (next === undefined) return false;
  cursor.set(next);
  if (childId !== null) visit({ childId: next });
  return true;
}

function isTypedInto(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

/** True when Enter would not press anything by itself. */
function isBare(target: EventTarget | null): boolean {
  return (
    !(target instanceof HTMLElement) || target.closest('a, button, summary, [role=option]') === null
  );
}
