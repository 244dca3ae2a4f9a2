import { useEffect, useState, type ReactNode } from 'react';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const key = 'hatchery-theme';

/** Light, dark, or as the system has it; remembered in this browser. */
export function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState<Theme>(rememberedTheme);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const next = (): void => {
    const following = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
    localStorage.setItem(key, following);
    setTheme(following);
  };
  return (
    <button type="button" onClick={next}>
      Theme: {theme}
    </button>
  );
}

function rememberedTheme(): Theme {
  const remembered = localStorage.getItem(key);
  return themes.find((theme) => theme === remembered) ?? 'auto';
}
