import type { ReactNode } from 'react';
import type { PastRow } from '@hatchery/events';
import { numberIn, textIn } from '../past/told.ts';
import { length } from '../parts/duration.ts';
import { Facts } from '../parts/facts.tsx';
import { bytes } from '../parts/quantity.ts';

/** The gateway's facts of a session, known when the gateway has closed it. */
export function GatewayFacts({ session }: { readonly session: PastRow | null }): ReactNode {
  if (session === null || (session['session_id'] ?? null) === null) return null;
  const phase = (key: string): string => length(numberIn(session, key));
  return (
    <>
      <h3>At the gateway</h3>
      <Facts
        facts={[
          ['Closed', textIn(session, 'close_reason')],
          [
            'Bytes in, out, err',
            ['bytes_in', 'bytes_out', 'bytes_err']
              .map((key) => bytes(numberIn(session, key)))
              .join(', '),
          ],
          ['Sign-in, exec', [phase('auth_ms'), phase('exec_ms')].join(', ')],
          ['Forked, first byte', [phase('forked_ms'), phase('first_byte_ms')].join(', ')],
        ]}
        wide={[['Session', textIn(session, 'session_id')]]}
      />
    </>
  );
}
