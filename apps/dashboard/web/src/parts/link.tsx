import type { MouseEvent, ReactNode } from 'react';
import { addressOf, visit, visitPage } from '../address/current-address.ts';
import type { PageName } from '../address/address.ts';

/** The target of a link on this page: details of a child or lock, or another page. */
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

/** A link that navigates in place, and opens another tab on the usual keys. */
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
