import type { ReactNode } from 'react';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { duration } from './duration.ts';

/** How long ago an instant was by the server's clock; repaints when the text changes. */
export function Age({ since }: { readonly since: string }): ReactNode {
  const { live } = usePageStore();
  const text = useCell(live.serverNow, (now) => duration(now - Date.parse(since)));
  return (
    <time dateTime={since} title={since}>
      {text}
    </time>
  );
}
