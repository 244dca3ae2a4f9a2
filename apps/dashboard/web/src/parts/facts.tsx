import type { ReactNode } from 'react';

type Fact = readonly [name: string, value: ReactNode];

/** Names with values; each of the `wide` ones takes a line. */
export function Facts({
  facts,
  wide = [],
}: {
  readonly facts: readonly Fact[];
  readonly wide?: readonly Fact[];
}): ReactNode {
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {wide.map(([name, value]) => (
        <div key={name} className="wide">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
