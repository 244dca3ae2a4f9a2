import type { ReactNode } from 'react';
import { trendPointsMax } from '../live/limits.ts';

const width = 48;
const height = 14;
const stepTenths = (width * 10) / (trendPointsMax - 1);

interface SparklineProps {
  readonly values: readonly number[];
  /**
   * The value of the upper edge unless one is larger. Without it the line fills the height: its
   * changes are what counts.
   */
  readonly top?: number;
}

/**
 * A small line of the latest values. The number beside it says the same, so it is hidden from
 * screen readers.
 */
export function Sparkline({ values, top }: SparklineProps): ReactNode {
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
      focusable="false"
    >
      {values.length > 2 && <polyline points={pointsOf(values, top ?? null)} />}
    </svg>
  );
}

/**
 * Drawn from the right, where the newest is, in tenths of a pixel: more digits are dear and not
 * seen.
 */
function pointsOf(values: readonly number[], top: number | null): string {
  const [low, high] = top === null ? around(values) : [0, Math.max(top, ...values)];
  const left = trendPointsMax - values.length;
  let points = '';
  for (const [index, value] of values.entries()) {
    const y = height - 1 - ((value - low) / (high - low)) * (height - 2);
    points += `${Math.round((left + index) * stepTenths) / 10},${Math.round(y * 10) / 10} `;
  }
  return points;
}

/**
 * The values from edge to edge, but never less than a tenth of the largest: a flicker is no
 * mountain.
 */
function around(values: readonly number[]): readonly [low: number, high: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const half = Math.max(most - least, most / 10, 1) / 2;
  const middle = (least + most) / 2;
  return [middle - half, middle + half];
}
