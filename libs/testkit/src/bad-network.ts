import type { Page } from '@playwright/test';

/**
 * What the network does with each message: nearly half of them come to harm, as long as it is bad.
 */
const fates = { lose: 0.15, holdBack: 0.3, double: 0.45 } as const;

/**
 * A generator of the same numbers each time, so that a failure can be seen again (Numerical
 * Recipes' LCG).
 */
function* chances(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    yield state / 2 ** 32;
  }
}

/**
 * A network that loses, delays, swaps and doubles what the server tells a page over its live
 * connection.
 */
export interface BadNetwork {
  /** Messages that came to harm so far. */
  readonly harmed: number;
  /** Passes everything on from now on. */
  mend(): void;
}

/**
 * Puts a bad network before this page; it has to be loaded (again) afterwards. The first words of a
 * connection get through.
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
