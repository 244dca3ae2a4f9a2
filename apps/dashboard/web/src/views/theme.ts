import { Cell } from '../store/cell.ts';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const key = 'hatchery-theme';

/** Light, dark, or as the system sets it; remembered in this browser. */
export const theme = new Cell<Theme>(remembered());

export function nextTheme(): void {
  const following = themes[(themes.indexOf(theme.get()) + 1) % themes.length] ?? 'auto';
  localStorage.setItem(key, following);
  theme.set(following);
  applyTheme();
}

/** Sets it for the style sheets. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme.get();
}

function remembered(): Theme {
  const known = localStorage.getItem(key);
  return themes.find((each) => each === known) ?? 'auto';
}
