import { after, afterEach, before, beforeEach } from 'node:test';
import { Client } from './client.ts';
import { Instance } from './instance.ts';
import { Stand } from './stand.ts';

/** A running service, and the first user of it, `demo`. */
interface Started {
  readonly instance: Instance;
  readonly client: Client;
}

/** What a test file makes before its tests. What it returns is called before the service stops. */
type SetUp = (started: Started) => void | Promise<void | (() => Promise<void>)>;

/**
 * Starts a service for all tests of the file, or of the `describe` that this is called in, and
 * stops it after them. The stop fails when something is left behind.
 */
export function useInstance(setUp: SetUp, extraConfig = ''): void {
  useOne(before, after, setUp, extraConfig);
}

/** Starts a new service for each test, as {@link useInstance} does for all. */
export function useInstanceForEach(setUp: SetUp, extraConfig = ''): void {
  useOne(beforeEach, afterEach, setUp, extraConfig);
}

function useOne(start: typeof before, stop: typeof after, setUp: SetUp, extraConfig: string): void {
  let instance: Instance | undefined;
  let tearDown: void | (() => Promise<void>);
  start(async () => {
    instance = await Instance.start(extraConfig);
    tearDown = await setUp({ instance, client: new Client(instance) });
  });
  stop(async () => {
    try {
      await tearDown?.();
    } finally {
      await instance?.stop();
    }
  });
}

/** How {@link useStand} differs from the usual. */
interface StandOptions {
  readonly extraConfig?: string;
  /** The port of the dashboard; a free one, and another after each restart, by default. */
  readonly port?: () => Promise<number>;
  /** What `setUp` freezes and holds stays for all tests. By default it ends after the first. */
  readonly isKept?: boolean;
}

/**
 * Starts a service with branches, people and a browser for all tests of the file. What a test
 * freezes or holds ends with that test.
 */
export function useStand(
  setUp: (stand: Stand) => void | Promise<void>,
  { extraConfig = '', port, isKept = false }: StandOptions = {},
): void {
  let stand: Stand | undefined;
  before(async () => {
    stand = await Stand.start(extraConfig, await port?.());
    await setUp(stand);
  });
  if (!isKept) afterEach(() => stand?.clear());
  after(() => stand?.stop());
}
