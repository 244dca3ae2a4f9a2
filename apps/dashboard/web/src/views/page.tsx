import { useEffect, type ReactNode } from 'react';
import { address } from '../address/current-address.ts';
import { ChildrenSection } from '../children/children-section.tsx';
import { EndedTable } from '../children/ended-table.tsx';
import { Dialogs } from '../dialogs/dialogs.tsx';
import { Drawer } from '../drawer/drawer.tsx';
import { truthOf } from '../live/truth.ts';
import { LocksSection } from '../locks/locks-section.tsx';
import { Palette } from '../palette/palette.tsx';
import { AuditPage } from '../past/audit-page.tsx';
import { DoctorPage } from '../past/doctor-page.tsx';
import { HistoryPage } from '../past/history-page.tsx';
import { SignedOut } from '../sign-in/signed-out.tsx';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { Attention } from './attention.tsx';
import { Header } from './header.tsx';
import { Tiles } from './tiles.tsx';

const titles = {
  live: 'Hatchery',
  history: 'History – Hatchery',
  audit: 'Audit – Hatchery',
  doctor: 'Doctor – Hatchery',
};

/** The whole page. Data that may be out of date is shown dimmed. */
export function Page(): ReactNode {
  const { live } = usePageStore();
  const { page, childId, lockId } = useCell(address);
  // Driven by the clock alone: a message must not repaint the whole page.
  const word = useCell(live.clock, (at) => truthOf(live.live.get(), at).word);
  const drawer = childId !== null || lockId !== null;
  useEffect(() => {
    document.title = titles[page];
  }, [page]);
  return (
    <>
      <Header />
      <SignedOut />
      <main tabIndex={-1} data-truth={word} data-drawer={drawer} aria-busy={word === 'connecting'}>
        {page === 'live' && <LivePage />}
        {page === 'history' && <HistoryPage />}
        {page === 'audit' && <AuditPage />}
        {page === 'doctor' && <DoctorPage />}
      </main>
      <Drawer />
      <Dialogs />
      <Palette />
    </>
  );
}

function LivePage(): ReactNode {
  return (
    <>
      <Tiles />
      <Attention />
      <ChildrenSection />
      <LocksSection />
      <LatelyEnded />
      <Timeline />
    </>
  );
}

/** The newest few, below the living ones; a view of Children lists all of them. */
function LatelyEnded(): ReactNode {
  const { live } = usePageStore();
  const { view } = useCell(address);
  const any = useCell(live.ended).length > 0;
  if (!any || view === 'ended') return null;
  return (
    <section aria-labelledby="ended-heading">
      <div className="section-head">
        <h2 id="ended-heading">Recently ended</h2>
      </div>
      <EndedTable filter="" rowsMax={10} />
    </section>
  );
}
