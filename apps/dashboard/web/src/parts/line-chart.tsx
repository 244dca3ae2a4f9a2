import type { ReactNode } from 'react';

const width = 440;
const height = 90;

/** A point in time: milliseconds since 1970, and a value, or null where there is no measurement. */
export type Point = readonly [at: number, value: number | null];

interface LineChartProps {
  readonly name: string;
  readonly points: readonly Point[];
  readonly text: (value: number) => string;
}

/** A line over time with its largest value, and the same data as a table for screen readers. */
export function LineChart({ name, points, text }: LineChartProps): ReactNode {
  const known = points.filter((point): point is readonly [number, number] => point[1] !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || known.length < 2)
    return <p className="quiet">{name}: not enough samples for a chart yet.</p>;
  const largest = Math.max(...known.map(([, value]) => value), Number.MIN_VALUE);
  const x = (at: number): number => ((at - first[0]) / Math.max(1, last[0] - first[0])) * width;
  const y = (value: number): number => height - 1 - (value / largest) * (height - 2);
  const line = known.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return (
    <figure className="chart">
      <figcaption>
        {name} <span className="quiet">at most {text(largest)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}, at most ${text(largest)}; the table below has the values`}
      >
        <polyline points={line} />
      </svg>
      <p className="chart-times" aria-hidden="true">
        <span>{clockTime(first[0])}</span>
        <span>{clockTime(last[0])}</span>
      </p>
      <details>
        <summary>As a table</summary>
        <table aria-label={name}>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">{name}</th>
            </tr>
          </thead>
          <tbody>
            {known.map(([at, value]) => (
              <tr key={at}>
                <td>{clockTime(at)}</td>
                <td className="number">{text(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
