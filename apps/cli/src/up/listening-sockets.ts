import type { Address, Config } from '@hatchery/config';
import { PassedSockets, readPartRecord, type PassedSocket } from '@hatchery/daemon';
import type { PartName } from '../service/part.ts';
import { openSocket, passedSocket, serves, type HeldSocket, type Known } from './held-socket.ts';
import {
  isSameWanted,
  keyOfSocket,
  socketNames,
  socketsOfPart,
  wantedSockets,
} from './wanted-sockets.ts';
import type { SocketName, WantedSocket } from './wanted-sockets.ts';

/** What a supervisor tells the one that it starts below it. Plain data. */
export interface Inheritance {
  readonly sockets: readonly { readonly name: SocketName; readonly fd: number }[];
  /** What they were opened for. */
  readonly wanted: readonly WantedSocket[];
}

/**
 * The listening sockets that a supervisor keeps for its parts. They outlive each part, so that who
 * connects while one is started again waits in the kernel's queue, and are passed to successors,
 * which take from the same queues.
 */
export class ListeningSockets implements Disposable {
  #held: readonly HeldSocket[];

  private constructor(held: readonly HeldSocket[]) {
    this.#held = held;
  }

  /**
   * Opens what a configuration asks for, but for what systemd has opened. `isBesideLeft` says that
   * parts of a killed supervisor still have theirs.
   * @throws {StartError} that says what to do when one cannot be had; then none is open
   */
  static async open(
    config: Config,
    given: readonly PassedSocket[],
    isBesideLeft: boolean,
  ): Promise<ListeningSockets> {
    const passed = new PassedSockets(given, socketNames);
    const ofSystemd = socketNames.flatMap((name) =>
      passed.all(name).map((fd) => passedSocket(name, fd)),
    );
    const left = isBesideLeft ? placesOfLeft(config) : [];
    return new ListeningSockets(await openMissing(wantedSockets(config), ofSystemd, left));
  }

  /**
   * Those that the supervisor above this one keeps. They were opened before this process read its
   * configuration: what has changed since is for the next restart. @throws an Error when one is
   * missing
   */
  static inherit(
    { sockets, wanted }: Inheritance,
    config: Config,
    say: (line: string) => void,
  ): ListeningSockets {
    const wantedNow = wantedSockets(config);
    const missing = wantedNow.find(({ name }) => sockets.every((socket) => socket.name !== name));
    if (missing !== undefined)
      throw new Error(
        `${keyOfSocket[missing.name]} was set while the restart began; restart again`,
      );
    if (!isSameWanted(wanted, wantedNow))
      say(
        'the addresses to listen on were changed after the restart began; hatchery restart brings them',
      );
    return new ListeningSockets(sockets.map(({ name, fd }) => passedSocket(name, fd)));
  }

  get all(): readonly HeldSocket[] {
    return this.#held;
  }

  /** What a part listens on. */
  of(part: PartName): readonly HeldSocket[] {
    return this.#held.filter(({ name }) => socketsOfPart[part].includes(name));
  }

  /** Lets all be found: parts listen on them. */
  settle(): void {
    for (const socket of this.#held) socket.settle();
  }

  /**
   * What another configuration asks for: of these, what serves it too, and new ones for the rest.
   * What systemd has opened stays. The caller closes what only one of both has, by {@link
   * closeBut}.
   * @throws {StartError} that says what to do when one cannot be had; then nothing has changed
   */
  async replacement(wanted: readonly WantedSocket[]): Promise<ListeningSockets> {
    const kept = this.#held.filter(
      (socket) => socket.place === null || wanted.some((one) => serves(socket, one)),
    );
    const known = this.#held.flatMap(({ name, place }) =>
      place === null ? [] : [{ name, place }],
    );
    return new ListeningSockets(await openMissing(wanted, kept, known));
  }

  /** Closes all but what `others` have as well. */
  closeBut(others: ListeningSockets): void {
    for (const socket of this.#held) if (!others.#held.includes(socket)) socket.close();
    this.#held = [];
  }

  /**
   * Closes those of a part that is about to stop for good: who connects then is refused, and does
   * not wait in vain.
   */
  closeFor(part: PartName): void {
    const closed = this.of(part);
    this.#held = this.#held.filter((socket) => !closed.includes(socket));
    for (const socket of closed) socket.close();
  }

  [Symbol.dispose](): void {
    for (const socket of this.#held) socket.close();
    this.#held = [];
  }
}

/** Where a predecessor of the same name listens. */
interface Predecessor {
  readonly name: SocketName;
  readonly place: Known;
}

/** All that is wanted: `kept`, and what they do not serve. All or none of these is opened. */
async function openMissing(
  wanted: readonly WantedSocket[],
  kept: readonly HeldSocket[],
  before: readonly Predecessor[],
): Promise<HeldSocket[]> {
  const opened: HeldSocket[] = [];
  try {
    for (const one of wanted.filter((each) => !kept.some((socket) => serves(socket, each)))) {
      const places = before.filter(({ name }) => name === one.name).map(({ place }) => place);
      opened.push(await openSocket(one, places));
    }
    return [...kept, ...opened];
  } catch (error) {
    for (const socket of opened) socket.close();
    throw error;
  }
}

/** As parts that a killed supervisor has left say it themselves. */
function placesOfLeft(config: Config): Predecessor[] {
  const [gateway, page] = (['ssh-gateway', 'dashboard'] as const).map(
    (name) => readPartRecord(config, name)?.details,
  );
  const places: [SocketName, Known | null | undefined][] = [
    ['ssh', gateway?.['ssh'] as Address | undefined],
    ['status', gateway?.['status'] as Address | undefined],
    ['page', page?.['listen'] as Address | undefined],
    ['proxy', page?.['proxySocket'] as string | null | undefined],
  ];
  return places.flatMap(([name, place]) =>
    place === null || place === undefined ? [] : [{ name, place }],
  );
}
