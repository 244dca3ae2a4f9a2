import { readFileSync } from 'node:fs';
import type { Config } from './config.ts';
import { breezyHome, readOnlyPath, sessionScratch } from './paths.ts';

/** Breezy belongs to Debian's Python, whichever python3 comes first on PATH. */
export const systemPython = '/usr/bin/python3';

/** What apps/forker/zygote/zygote.py needs to know to run sessions, however they are started. */
export interface SessionSettings {
  readonly python: string;
  /** All that a session inherits: nothing of what the service was started with. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The account that they become; null: none. `withSessionUser` puts the one in force in the place
   * of the one that is asked for.
   */
  readonly runAs: string | null;
  readonly limits: Config['limits'];
  /** Of what sessions write. */
  readonly umask: number;
}

/** What the access rules hide is not to be read on the disk by any local account. */
const othersBits = 0o007;

/**
 * The umask of what stands below the hosting root: the configured one, or the operator's own with
 * nothing for other accounts.
 */
export function hostingUmask({ hosting }: Config): number {
  return hosting.umask ?? ownUmask() | othersBits;
}

/**
 * The umask that the operator started the service with (proc_pid_status(5)); `process.umask()`
 * would set it for a moment to tell it.
 */
function ownUmask(): number {
  return Number.parseInt(
    /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '077',
    8,
  );
}

/** The same for a forked and for a spawned session. */
export function sessionSettings(config: Config): SessionSettings {
  const home = breezyHome(config);
  return {
    python: systemPython,
    environment: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: home,
      BRZ_HOME: home,
      // Breezy sorts large indexes in files; a session cannot write to /tmp.
      TMPDIR: sessionScratch(config),
      // Breezy answers nothing about single files, which would reach past what a branch is;
      // zygote/single_files.py says what is answered instead.
      BRZ_NO_SMART_VFS: '1',
      // Without it SIGQUIT opens a debugger on the client's stdin.
      BRZ_SIGQUIT_PDB: '0',
      BRZ_LOG: '/dev/null',
      HATCHERY_HOSTING_ROOT: config.hosting.root,
      HATCHERY_PRIVATE: JSON.stringify(config.hosting.private),
      HATCHERY_FILE_READS: config.hosting.fileReads ? '1' : '0',
      HATCHERY_READ_ONLY_FILE: readOnlyPath(config),
    },
    runAs: config.forker.runAs,
    limits: config.limits,
    umask: hostingUmask(config),
  };
}
