import type { ReactNode } from 'react';
import { trendPointsMax } from '../live/limits.ts';

const width = 48;
const height = 14;
const stepTenths = (width * 10) / (trendPointsMax - 1);

/** A small line of the latest values. The number beside it says the same, so it is hidden from screen readers. */
export function Sparkline({ values, top }: { readonly values: readonly number[]; readonly top: number }): ReactNode {
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
      focusable="false"
    >
      {values.length > 2 && <polyline points={pointsOf(values, top)} />}
    </svg>
  );
}

/** Drawn from the right, where the newest is; `top` is the value of the upper edge unless one is larger. Whole tenths: digits are dear. */
function pointsOf(values: readonly number[], top: number): string {
  const largest = Math.max(top, ...values);
  const left = trendPointsMax - values.length;
  let points = '';
  for (const [index, value] of values.entries()) {
    const y = height - 1 - (value / largest) * (height - 2);
    points += `${Math.round((left + index) * stepTenths) / 10},${Math.round(y * 10) / 10} `;
  }
  return points;
}
