import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A directory for one test, removed at the end of its scope. Its path is short, because paths of
 * sockets contain it (unix(7)).
 */
export interface TemporaryDirectory extends Disposable {
  readonly path: string;
}

/** Makes an empty directory, for `using`. */
export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'hatchery-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
