import type { ReactNode } from 'react';

const width = 48;
const height = 14;

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

/** Drawn from the right, where the newest is; `top` is the value of the upper edge unless one is larger. */
function pointsOf(values: readonly number[], top: number): string {
  const largest = Math.max(top, ...values);
  const step = width / 39;
  const left = width - (values.length - 1) * step;
  return values
    .map(
      (value, index) =>
        `${(left + index * step).toFixed(1)},${(height - 1 - (value / largest) * (height - 2)).toFixed(1)}`,
    )
    .join(' ');
}
