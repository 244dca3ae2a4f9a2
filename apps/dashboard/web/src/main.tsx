import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { keepLive } from './live/live-connection.ts';
import { tickMs } from './live/limits.ts';
import { Cell } from './store/cell.ts';
import { LiveStore } from './store/live-store.ts';
import { PageStoreContext, type PageStore } from './store/page-store.ts';
import './style/tokens.css';
import './style/page.css';
import './style/header.css';
import './style/tiles.css';
import './style/table.css';
import './style/dialog.css';
import { Page } from './views/page.tsx';

const live = new LiveStore();
const store: PageStore = { live, signalling: new Cell<string | null>(null) };

keepLive(`ws://${location.host}/live`, (state, message) => {
  live.take(state, message);
  if (message === null) live.tick(Date.now());
});
setInterval(() => live.tick(Date.now()), tickMs);

const root = document.getElementById('page');
if (root === null) throw new TypeError('index.html has no #page');
createRoot(root).render(
  <StrictMode>
    <PageStoreContext value={store}>
      <Page />
    </PageStoreContext>
  </StrictMode>,
);
