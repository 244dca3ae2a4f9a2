import type { ReactNode } from 'react';
import { unknown } from './quantity.ts';

const today = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const otherDay = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/**
 * An instant in this computer's time zone, with the day unless it is today. Hover shows it in full,
 * in UTC.
 */
export function Moment({ at }: { readonly at: number | null }): ReactNode {
  if (at === null) return unknown;
  const date = new Date(at);
  const text = (date.toDateString() === new Date().toDateString() ? today : otherDay).format(date);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {text}
    </time>
  );
}
