import { socketAddress } from './address/root.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { listenForShortcuts } from './keyboard/shortcuts.ts';
import { keepLive } from './live/live-connection.ts';
import { tickMs } from './live/limits.ts';
import { Cell } from './store/cell.ts';
import { LiveStore } from './store/live-store.ts';
import { PageStoreContext, type Acting, type PageStore } from './store/page-store.ts';
import { spacedOut } from './store/soon.ts';
import './style/tokens.css';
import './style/page.css';
import './style/header.css';
import './style/tiles.css';
import './style/table.css';
import './style/dialog.css';
import './style/drawer.css';
import './style/locks.css';
import './style/past.css';
import './style/timeline.css';
import './style/cards.css';
import { Page } from './views/page.tsx';
import { applyTheme } from './views/theme.ts';

applyTheme();
const live = new LiveStore(spacedOut(() => performance.now()));
const store: PageStore = {
  live,
  acting: new Cell<Acting | null>(null),
  paletteOpen: new Cell(false),
  shownIds: new Cell<readonly string[]>([]),
  cursor: new Cell<string | null>(null),
};

keepLive(socketAddress('/live'), (state, message) => {
  live.take(state, message);
  if (message === null) live.tick(Date.now());
});
setInterval(() => live.tick(Date.now()), tickMs);
listenForShortcuts(store);

const root = document.getElementById('page');
if (root === null) throw new TypeError('index.html has no #page');
createRoot(root).render(
  <StrictMode>
    <PageStoreContext value={store}>
      <Page />
    </PageStoreContext>
  </StrictMode>,
);
