import { setTimeout as delay } from 'node:timers/promises';
import { chromium, type Browser, type CDPSession, type Page } from '@playwright/test';
import { tickMs, type Crowd } from './crowd.ts';

const executablePath = '/usr/bin/chromium';
const flags = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-gpu',
  '--no-first-run',
];

/**
 * Runs in the page before anything else: records when the first child is painted, and each task of
 * 50 ms and more.
 */
const notes = `
  window.notes = { firstRowAt: null, longTasks: [] };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.notes.longTasks.push([startTime, duration]);
  }).observe({ type: 'longtask', buffered: true });
  const look = new MutationObserver(() => {
    if (document.querySelector('[aria-label=Children] tbody td') === null) return;
    look.disconnect();
    requestAnimationFrame(() => { window.notes.firstRowAt = performance.now(); });
  });
  look.observe(document, { childList: true, subtree: true });
`;

/** The measurements of one period. */
export interface Stretch {
  /** Milliseconds of script in each tick. */
  readonly scriptMs: readonly number[];
  /** The longest task, 0 when none took 50 ms. */
  readonly longestTaskMs: number;
}

/** The page in a real browser, with a stopwatch. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #cdp: CDPSession;
  readonly #bytes: Promise<number>[];

  /** Opens the page and measures the load. */
  static async open(url: string): Promise<WatchedPage> {
    const browser = await chromium.launch({ executablePath, args: flags });
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.addInitScript({ content: notes });
      const bytes: Promise<number>[] = [];
      page.on('requestfinished', (request) => {
        if (!request.url().includes('/api/'))
          bytes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
      });
      const cdp = await page.context().newCDPSession(page);
      // By the thread's own clock: the rest of the machine's work is not the page's script.
      await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
      await page.goto(url);
      await page.getByRole('table', { name: 'Children' }).locator('tbody td').first().waitFor();
      // The frame after the row is the one that shows it.
      await page.evaluate(
        'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
      );
      return new WatchedPage(browser, page, cdp, bytes);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  private constructor(browser: Browser, page: Page, cdp: CDPSession, bytes: Promise<number>[]) {
    this.page = page;
    this.#browser = browser;
    this.#cdp = cdp;
    this.#bytes = bytes;
  }

  /** From the request of the page to the first painted child, in milliseconds. */
  async firstRowMs(): Promise<number> {
    return this.page.evaluate<number>('window.notes.firstRowAt');
  }

  /** Bytes of the first load as they went over the wire. */
  async loadedBytes(): Promise<number> {
    return (await Promise.all(this.#bytes)).reduce((sum, each) => sum + each, 0);
  }

  /** Watches for this many ticks, after the garbage of the start has been collected. */
  async watch(ticks: number, signal: AbortSignal): Promise<Stretch> {
    await this.page.evaluate('window.notes.longTasks.length = 0');
    const scriptMs: number[] = [];
    let before = await this.#scriptMs();
    for (let tick = 0; tick < ticks; tick += 1) {
      await delay(tickMs, undefined, { signal });
      const after = await this.#scriptMs();
      scriptMs.push(after - before);
      before = after;
    }
    const tasks =
      await this.page.evaluate<readonly (readonly [number, number])[]>('window.notes.longTasks');
    return { scriptMs, longestTaskMs: Math.max(0, ...tasks.map(([, ms]) => ms)) };
  }

  /**
   * From the publication of a lock to the frame that shows it, in milliseconds by the machine's one
   * clock.
   */
  async lockToPixelMs(crowd: Crowd): Promise<number> {
    const next = crowd.takeLock();
    const seen = `new Promise((resolve) => {
      const look = () => document.getElementById('lock-${next.id}') === null
        ? requestAnimationFrame(look) : resolve(Date.now());
      look();
    })`;
    const shownAt = await this.page.evaluate<number>(seen);
    crowd.releaseLock(next.id);
    return shownAt - next.at;
  }

  /** Bytes of the page's heap that are still reachable. */
  async livingHeapBytes(): Promise<number> {
    // The first collection runs finalizers, and the second one collects what they release.
    for (let time = 0; time < 2; time += 1) await this.#cdp.send('HeapProfiler.collectGarbage');
    return (await this.#cdp.send('Runtime.getHeapUsage')).usedSize;
  }

  async #scriptMs(): Promise<number> {
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0) * 1_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
