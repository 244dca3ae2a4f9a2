import type { Logger } from '@hatchery/daemon';
import { collectIntervalMs } from '../../limits.ts';
import { collectStaleDirectories } from '../forking/pipe-directories.ts';
import type { ChildRegistry } from '../running/registry.ts';

/** Collects what has expired in the runtime directory, now and at intervals until disposed. */
export function collectGarbage(
  runtimeDirectory: string,
  registry: ChildRegistry,
  log: Logger,
): Disposable {
  const collect = (): void => {
    try {
      const { collected, stuck } = collectStaleDirectories(runtimeDirectory, new Date(), (id) =>
        registry.has(id),
      );
      if (collected.length > 0) log.warn({ collected }, 'stale pipe directories are removed');
      if (stuck.length > 0) log.error({ stuck }, 'stale pipe directories cannot be removed');
    } catch (error) {
      // An unreadable runtime directory concerns the next fork more than this.
      log.error({ err: error }, 'the runtime directory cannot be read');
    }
  };
  collect();
  const timer = setInterval(collect, collectIntervalMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
