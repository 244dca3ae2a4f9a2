import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hatchery } from '../stand/hatchery.ts';
import { runTool } from '../stand/tools.ts';
import { openSmartClient, type SmartClient } from './smart-client.ts';

/** A branch and the token of its lock, while it is locked. */
interface Branch {
  /** The path on disk, and the path that clients use. */
  readonly path: string;
  readonly address: string;
  token: string | null;
}

/** Branches that real sessions lock and unlock, as pushes do. */
export class LockedBranches implements AsyncDisposable {
  readonly #shares: readonly {
    readonly client: SmartClient;
    readonly branches: readonly Branch[];
  }[];

  private constructor(clients: readonly SmartClient[], branches: readonly Branch[]) {
    this.#shares = clients.map((client, number) => ({
      client,
      branches: branches.filter((_, index) => index % clients.length === number),
    }));
  }

  /** Makes this many branches below a hosting root and locks them all, with this many sessions. */
  static async open(
    hatchery: Hatchery,
    home: string,
    counts: Counts,
    signal: AbortSignal,
  ): Promise<LockedBranches> {
    const branches = await makeBranches(hatchery.hostingRoot, home, counts.branches, signal);
    const opening = Array.from({ length: counts.sessions }, () =>
      openSmartClient(hatchery.forkerSocket, signal),
    );
    const locked = new LockedBranches(await Promise.all(opening), branches);
    await locked.#each(async (client, share) => {
      for (const branch of share) branch.token = await lock(client, branch);
    });
    return locked;
  }

  get paths(): string[] {
    return this.#shares.flatMap(({ branches }) => branches.map(({ path }) => path));
  }

  /**
   * Unlocks and locks one branch after the other, at `changesPerS` in total, for this long. Calls
   * `changed` with the path of each lock that was taken, and the moment before the request. Returns
   * the number of changes.
   */
  async change(
    changesPerS: number,
    forMs: number,
    changed: (path: string, askedAtMs: number) => void,
  ): Promise<number> {
    const everyMs = (2 * 1_000 * this.#shares.length) / changesPerS;
    const startedAtMs = performance.now();
    let changes = 0;
    await this.#each(async (client, share) => {
      for (let turn = 0; turn * everyMs < forMs; turn += 1) {
        await delay(Math.max(0, startedAtMs + turn * everyMs - performance.now()));
        const branch = share[turn % share.length];
        if (branch === undefined) return;
        await client.call('Branch.unlock', branch.address, branch.token ?? '', '');
        branch.token = null;
        const askedAtMs = performance.now();
        branch.token = await lock(client, branch);
        changed(branch.path, askedAtMs);
        changes += 2;
      }
    });
    return changes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#each(async (client, share) => {
      for (const { address, token } of share)
        if (token !== null) await client.call('Branch.unlock', address, token, '');
      await client.end();
    });
  }

  async #each(
    work: (client: SmartClient, branches: readonly Branch[]) => Promise<void>,
  ): Promise<void> {
    await Promise.all(this.#shares.map(({ client, branches }) => work(client, branches)));
  }
}

interface Counts {
  readonly branches: number;
  readonly sessions: number;
}

async function lock(client: SmartClient, { address }: Branch): Promise<string> {
  const [ok, token] = await client.call('Branch.lock_write', address, '', '');
  if (ok !== 'ok' || token === undefined || token === '')
    throw new Error(`${address} was not locked: ${ok}`);
  return token;
}

/** brz makes one, the others are copies: a thousand starts of brz would take minutes. */
async function makeBranches(
  root: string,
  home: string,
  count: number,
  signal: AbortSignal,
): Promise<Branch[]> {
  const place = '~demo/locks';
  const directory = join(realpathSync(root), place);
  const first = join(directory, 'b0');
  mkdirSync(dirname(first), { recursive: true });
  await runTool(['/usr/bin/brz', 'init', '--quiet', first], { home, signal });
  const names = Array.from({ length: count }, (_, number) => `b${number}`);
  for (const name of names.slice(1)) cpSync(first, join(directory, name), { recursive: true });
  return names.map((name) => ({
    path: join(directory, name),
    address: `/${place}/${name}`,
    token: null,
  }));
}
