import { spawnedSessions } from './spawned-session.ts';
import type { OpenSession } from './session.ts';

export interface ColdOptions {
  readonly hostingRoot: string;
  readonly home: string;
  /** With the plugins that are installed, or with none. */
  readonly plugins: boolean;
}

/** What a server without a fork service does: a brz of its own for each session, started then. */
export function coldSessions({ hostingRoot, home, plugins }: ColdOptions): OpenSession {
  const words = ['serve', '--inet', `--directory=${hostingRoot}`, '--allow-writes'];
  return spawnedSessions(['/usr/bin/brz', ...(plugins ? [] : ['--no-plugins']), ...words], home);
}
