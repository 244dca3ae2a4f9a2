import type { Config } from './config.ts';
import { breezyHome, readOnlyPath } from './paths.ts';

/** Breezy belongs to Debian's Python, whichever python3 comes first on PATH. */
export const systemPython = '/usr/bin/python3';

/** What apps/forker/zygote/zygote.py needs to know to run sessions, however they are started. */
export interface SessionSettings {
  readonly python: string;
  /** All that a session inherits: nothing of what the service was started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly runAs: string | null;
  readonly limits: Config['limits'];
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
      // Breezy answers nothing about single files, which would reach past what a branch is; zygote/single_files.py says what is answered instead.
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
  };
}
