import type { Page } from '@playwright/test';

/**
 * What the network does with a message while it is bad, as cumulative odds: it harms nearly half of
 * them.
 */
const fates = { lose: 0.15, holdBack: 0.3, double: 0.45 } as const;

/**
 * A generator of the same numbers each time, so that a failure can be reproduced (Numerical
 * Recipes' LCG).
 */
function* chances(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    yield state / 2 ** 32;
  }
}

/**
 * A network that loses, delays, swaps and doubles what the server sends a page over its live
 * connection.
 */
export interface BadNetwork {
  /** Messages harmed so far. */
  readonly harmed: number;
  /** Passes everything on from now on. */
  mend(): void;
}

/**
 * Puts a bad network between this page and the server. Load the page (again) afterwards. Hello,
 * heartbeats and snapshots get through.
 */
export async function putBadNetworkBefore(page: Page, seed: number): Promise<BadNetwork> {
  const chance = chances(seed);
  const network = { harmed: 0, bad: true };
  await page.routeWebSocket(/\/live$/, (socket) => {
    const server = socket.connectToServer();
    let heldBack: string | Buffer | null = null;
    server.onMessage((message) => {
      const fate = chance.next().value;
      const isSpared = /^\{"type":"(hello|heartbeat|snapshot)/.test(String(message));
      const harm = network.bad && fate < fates.double && !isSpared;
      if (harm) network.harmed += 1;
      if (harm && fate < fates.lose) return;
      if (harm && fate < fates.holdBack) {
        heldBack = message;
        return;
      }
      socket.send(message);
      if (harm) socket.send(message);
      if (heldBack !== null) socket.send(heldBack);
      heldBack = null;
    });
  });
  return {
    get harmed() {
      return network.harmed;
    },
    mend: () => {
      network.bad = false;
    },
  };
}
