import type { ReactNode } from 'react';
import { truthOf } from '../live/truth.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { Attention } from './attention.tsx';
import { ChildDetails } from './child-details.tsx';
import { ChildrenSection } from './children-section.tsx';
import { EndedSection } from './ended-section.tsx';
import { Header } from './header.tsx';
import { SignalDialog } from './signal-dialog.tsx';
import { Tiles } from './tiles.tsx';

/** The whole page; data that may be out of date is shown, but dimmed. */
export function Page(): ReactNode {
  const { live } = usePageStore();
  const state = useCell(live.live);
  const word = useCell(live.clock, (at) => truthOf(state, at).word);
  return (
    <>
      <Header />
      <main data-truth={word} aria-busy={word === 'connecting'}>
        <Tiles />
        <Attention />
        <ChildDetails />
        <ChildrenSection />
        <EndedSection />
      </main>
      <SignalDialog />
    </>
  );
}
