/** A format of ours, on disk or on the wire. */
export interface Format {
  /** What an error calls it, as `part record`. */
  readonly called: string;
  /**
   * The version that this release writes and reads. It grows when an older reader would misread.
   */
  readonly version: number;
  /** What an operator does about another version, without losing anything. */
  readonly remedy: string;
}

const newer = 'run the Hatchery that wrote it';

/**
 * Every format that carries a version, and where docs/decisions/0057-versions-of-formats.md says
 * why.
 */
export const formats = {
  journal: {
    called: 'segment of the event log',
    version: 1,
    remedy: `${newer}, or move the directory away: the fork service then starts with an empty log`,
  },
  audit: {
    called: 'line of the audit',
    version: 1,
    remedy: `${newer} to read it; all other lines are shown`,
  },
  history: {
    called: 'history of the page',
    version: 1,
    remedy: `${newer}, or move the file away: the page then starts with an empty history`,
  },
  signIns: {
    called: 'file of sign-ins to the page',
    version: 1,
    remedy: `${newer}, or move the file away: all users then sign in to the page again`,
  },
  partRecord: {
    called: 'record of a running part',
    version: 1,
    remedy: `use the hatchery command of the version that runs, or stop that version first`,
  },
  partHalt: {
    called: 'record of a part that does not run',
    version: 1,
    remedy: `${newer}, or remove the file and run hatchery start`,
  },
  service: {
    called: 'record of the supervisor',
    version: 1,
    remedy: `use the hatchery command of the version that runs, or stop that version first`,
  },
  configuration: {
    called: 'record of the configuration',
    version: 1,
    remedy: `${newer}, or move the file away: the audit then misses one comparison`,
  },
  readOnly: {
    called: 'record of the read-only mode',
    version: 1,
    remedy: `nothing is changed until hatchery read-only on or off writes it again`,
  },
  holder: {
    called: 'record of a lock holder',
    version: 1,
    remedy: `the lock itself is the kernel's and holds; ${newer} to see who has it`,
  },
  preloadList: {
    called: 'list of modules to preload',
    version: 1,
    remedy: `remove it: the next start records another one`,
  },
  offer: {
    called: 'offer to take over',
    version: 1,
    remedy: `hatchery restart --now stops the running version before it starts the new one`,
  },
  inheritance: {
    called: 'hand-over between supervisors',
    version: 1,
    remedy: `hatchery restart --now stops the running version before it starts the new one`,
  },
  feed: {
    called: 'feed of events',
    version: 1,
    remedy: `run both sides from the same version: hatchery restart`,
  },
  keeperWire: {
    called: 'keeper',
    version: 1,
    remedy: `its sessions continue; run the Hatchery that started it, or hatchery stop when they have ended`,
  },
} as const satisfies Readonly<Record<string, Format>>;

/** The key of a format in {@link formats}. */
export type FormatName = keyof typeof formats;
