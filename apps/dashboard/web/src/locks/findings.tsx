import type { ReactNode } from 'react';
import type { Lock } from '@hatchery/events';
import { unknown } from '../parts/quantity.ts';
import { findingsOf } from '../store/lock-facts.ts';

/**
 * Why a lock has its condition, from the fork service: each reason with a tick, a cross or a
 * question mark.
 */
export function Findings({ lock }: { readonly lock: Lock }): ReactNode {
  const findings = findingsOf(lock);
  if (findings.length === 0) return <span className="quiet">{unknown}</span>;
  return (
    <span className="findings">
      {findings.map(({ text, speaksForIt }) => (
        <span key={text} data-for={speaksForIt}>
          <span aria-hidden="true">{speaksForIt === null ? '?' : speaksForIt ? '✓' : '✗'}</span>{' '}
          {text}
        </span>
      ))}
    </span>
  );
}
