import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Locator, type Page } from '@playwright/test';

export { putBadNetworkBefore } from './bad-network.ts';

/** Debian's Chromium, so that no browser has to be downloaded. */
export const browserPath = '/usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
];

/** A browser that connects to the page's server only. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: flags });
}

/** Options for opening a page, beyond those of Playwright's contexts. */
type OpenOptions = Parameters<Browser['newContext']>[0] & {
  /** How long to wait for something on the page, in milliseconds. */
  readonly patienceMs?: number;
};

/**
 * A page whose console errors and refused loads are collected as complaints: violations of the
 * strict content policy show up there.
 */
export async function openPage(
  browser: Browser,
  url: string,
  { patienceMs = 30_000, ...options }: OpenOptions = {},
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  // A context of its own, which axe requires.
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}

/** The place where the dashboard's page shows how old its data is. */
export function connection(page: Page): Locator {
  return page.getByRole('status', { name: 'Connection' });
}

/** The rows of one of the dashboard's tables, without its head. */
export function rows(page: Page, table = 'Children'): Locator {
  return page.getByRole('table', { name: table, exact: true }).locator('tbody tr:not(.spacer)');
}

/**
 * axe's complaints about what is on screen, and how far the page is wider than the screen; an empty
 * result means no fault. `looks` checks only what another theme or width can change: contrast, and
 * targets too small to hit.
 */
export async function findFaults(
  page: Page,
  name: string,
  rules: 'all' | 'looks' = 'all',
): Promise<string[]> {
  // The other mode opens a page of its own each time, only to inspect frames of another origin,
  // which the page may not have.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (rules === 'looks') axe.withRules(['color-contrast', 'target-size']);
  else axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const { violations } = await axe.analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${name}: ${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`,
    ),
  );
  // As text, because tests are checked without the types of a browser.
  const wider: unknown = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  return wider === 0 ? found : [...found, `${name}: sticks out by ${String(wider)} px`];
}
