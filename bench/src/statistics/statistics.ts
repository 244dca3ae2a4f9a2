/**
 * The middle of the values, or the mean of the two middle ones. @throws {RangeError} without a
 * value
 */
export function median(values: readonly number[]): number {
  const sorted = sort(values);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * The smallest value that at least `percent` of all do not exceed (nearest rank): always a value
 * that was measured.
 * @throws {RangeError} without a value, or when `percent` is not in (0, 100]
 */
export function percentile(values: readonly number[], percent: number): number {
  if (!(percent > 0 && percent <= 100))
    throw new RangeError(`a percentile lies in (0, 100], not at ${percent}`);
  const sorted = sort(values);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] as number;
}

/**
 * The median of `values[i] / rivals[i]`. Neighbours in time share the other load on the machine, so
 * this moves less with a drift than the ratio of the medians does.
 * @throws {RangeError} when the two differ in length, or are empty
 */
export function pairwiseRatio(values: readonly number[], rivals: readonly number[]): number {
  if (values.length !== rivals.length)
    throw new RangeError(`no pairs of ${values.length} and ${rivals.length} values`);
  return median(values.map((value, index) => value / (rivals[index] as number)));
}

/**
 * How much `y` grows per unit of `x`: the least-squares line through all points.
 * @throws {RangeError} with fewer than two different `x`
 */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) throw new RangeError('one place has no slope');
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function sort(values: readonly number[]): readonly number[] {
  if (values.length === 0) throw new RangeError('nothing was measured');
  return values.toSorted((a, b) => a - b);
}
