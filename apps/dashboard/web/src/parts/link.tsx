import type { MouseEvent, ReactNode } from 'react';
import { addressOf, visit, visitPage } from '../address/current-address.ts';
import type { PageName } from '../address/address.ts';

/** Where a link of this page leads: details of a child or lock, or another page. */
type Destination =
  | { readonly childId: string }
  | { readonly lockId: string }
  | { readonly page: PageName; readonly past?: Readonly<Record<string, string>> };

interface LinkProps {
  readonly to: Destination;
  readonly children: ReactNode;
  readonly current?: boolean;
  readonly id?: string;
  readonly onFollow?: () => void;
}

/** A link that goes there in place, and opens another tab when asked to as usual. */
export function Link({ to, children, current, id, onFollow }: LinkProps): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if ('page' in to) visitPage(to.page, to.past);
    else visit(to);
    onFollow?.();
  };
  return (
    <a href={addressOf(to)} id={id} onClick={follow} aria-current={current ? 'page' : undefined}>
      {children}
    </a>
  );
}
