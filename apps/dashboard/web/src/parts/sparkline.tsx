import type { ReactNode } from 'react';
import { trendPointsMax } from '../live/limits.ts';

const width = 48;
const height = 14;
const stepTenths = (width * 10) / (trendPointsMax - 1);

interface SparklineProps {
  readonly values: readonly number[];
  /**
   * The value of the upper edge, unless a sample is larger. Without it the line fills the height,
   * to show its changes.
   */
  readonly top?: number;
}

/**
 * A small line of the latest values. It is hidden from screen readers, because the number beside it
 * says the same.
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
 * Drawn from the right, where the newest value is, in tenths of a pixel: more digits cost time and
 * are invisible.
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
 * Scales the values from edge to edge, but shows at least a tenth of the largest value as range: a
 * flicker must not look like a mountain.
 */
function around(values: readonly number[]): readonly [low: number, high: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const half = Math.max(most - least, most / 10, 1) / 2;
  const middle = (least + most) / 2;
  return [middle - half, middle + half];
}
