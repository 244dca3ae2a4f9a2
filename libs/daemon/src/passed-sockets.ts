import { StartError } from './start-error.ts';

/** A listening socket that another process opened: its supervisor, or systemd. */
export interface PassedSocket {
  /** What it is for. */
  readonly name: string;
  readonly fd: number;
}

/** Listening sockets that a process got, by what they are for. */
export class PassedSockets {
  readonly #sockets: readonly PassedSocket[];

  /** `known` are the names that the process has a use for. @throws {StartError} for another one */
  constructor(sockets: readonly PassedSocket[], known: readonly string[]) {
    const strange = sockets.find(({ name }) => !known.includes(name));
    if (strange !== undefined) {
      const what = `it got a socket called '${strange.name}' and takes ${known.join(', ') || 'none'}`;
      throw new StartError(`${what}; set FileDescriptorName= in the socket unit`);
    }
    this.#sockets = sockets;
  }

  /** Descriptors of all sockets of a name. */
  all(name: string): readonly number[] {
    return this.#sockets.filter((socket) => socket.name === name).map(({ fd }) => fd);
  }

  /**
   * The descriptor of the socket of a name, or null. @throws {StartError} when there are several
   */
  one(name: string): number | null {
    const [fd = null, second] = this.all(name);
    if (second === undefined) return fd;
    throw new StartError(
      `it got several sockets called '${name}' and takes one; remove a line of the socket unit`,
    );
  }
}

/**
 * The sockets that systemd passes to process `pid` with this environment (sd_listen_fds(3)): from
 * descriptor 3 on, each with the FileDescriptorName= of its socket unit.
 */
export function socketsOfSystemd(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly PassedSocket[] {
  const { LISTEN_PID, LISTEN_FDS = '', LISTEN_FDNAMES = '' } = environment;
  if (LISTEN_PID !== String(pid) || !/^[1-9]\d{0,3}$/.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES.split(':');
  return Array.from({ length: Number(LISTEN_FDS) }, (_, index) => ({
    name: names[index] ?? '',
    fd: 3 + index,
  }));
}

/**
 * An environment for what a process starts: sockets of systemd are for the process that it started
 * itself.
 */
export function withoutSystemdSockets(environment: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv {
  const { LISTEN_PID: _pid, LISTEN_FDS: _fds, LISTEN_FDNAMES: _names, ...rest } = environment;
  return rest;
}

/** As `--sockets` takes them: `ssh:4,status:5`. */
export function writePassedSockets(sockets: readonly PassedSocket[]): string {
  return sockets.map(({ name, fd }) => `${name}:${fd}`).join(',');
}

/** What {@link writePassedSockets} wrote. @throws a TypeError for anything else */
export function readPassedSockets(text: string): readonly PassedSocket[] {
  return text.split(',').map((one) => {
    const [, name = '', fd = ''] = /^([a-z]+):([1-9]\d{0,3})$/.exec(one) ?? [];
    if (Number(fd) < 3)
      throw new TypeError(`--sockets takes names with descriptors, as ssh:4, not '${one}'`);
    return { name, fd: Number(fd) };
  });
}
