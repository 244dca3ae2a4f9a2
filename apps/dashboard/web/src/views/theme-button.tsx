import type { ReactNode } from 'react';
import { useCell } from '../store/use-cell.ts';
import { nextTheme, theme } from './theme.ts';

export function ThemeButton(): ReactNode {
  return (
    <button type="button" onClick={nextTheme}>
      Theme: {useCell(theme)}
    </button>
  );
}
