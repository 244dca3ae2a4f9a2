import { spawnedSessions } from './spawned-session.ts';
import type { OpenSession } from './session.ts';

export interface ColdOptions {
  readonly hostingRoot: string;
  readonly home: string;
  /** With the installed plugins, or with none. */
  readonly plugins: boolean;
}

/** What a server without a fork service does: it starts a brz for each session. */
export function coldSessions({ hostingRoot, home, plugins }: ColdOptions): OpenSession {
  const words = ['serve', '--inet', `--directory=${hostingRoot}`, '--allow-writes'];
  return spawnedSessions(['/usr/bin/brz', ...(plugins ? [] : ['--no-plugins']), ...words], home);
}
