import { readFileSync } from 'node:fs';
import type { Config } from './config.ts';
import { breezyHome, readOnlyPath, sessionScratch } from './paths.ts';

/** Breezy belongs to Debian's Python, whichever python3 comes first on PATH. */
export const systemPython = '/usr/bin/python3';

/** What apps/forker/zygote/zygote.py needs to run sessions, however they are started. */
export interface SessionSettings {
  readonly python: string;
  /** The whole environment of a session: it inherits nothing else from the service. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The account that sessions run as; null: no other. `withSessionUser` replaces the configured
   * account with the effective one.
   */
  readonly runAs: string | null;
  readonly limits: Config['limits'];
  /** Of files that sessions write. */
  readonly umask: number;
}

/** No local account may read on the disk what the access rules hide. */
const othersBits = 0o007;

/**
 * The umask of files below the hosting root: the configured one, or the operator's own with nothing
 * for other accounts.
 */
export function hostingUmask({ hosting }: Config): number {
  return hosting.umask ?? ownUmask() | othersBits;
}

/**
 * The umask that the operator started the service with (proc_pid_status(5)); `process.umask()`
 * would change it for a moment to read it.
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
      // Breezy then refuses requests about single files, which would reach beyond branches;
      // zygote/single_files.py answers them instead.
      BRZ_NO_SMART_VFS: '1',
      // Otherwise SIGQUIT would open a debugger on the client's stdin.
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
