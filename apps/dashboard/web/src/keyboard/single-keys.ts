import { Cell } from '../store/cell.ts';

const key = 'hatchery-single-keys';

/**
 * Whether single letters are shortcuts. Speech input types them by accident (WCAG 2.1.4), so users
 * can switch them off.
 */
export const singleKeys = new Cell<boolean>(localStorage.getItem(key) !== 'off');

export function setSingleKeys(on: boolean): void {
  localStorage.setItem(key, on ? 'on' : 'off');
  singleKeys.set(on);
}
