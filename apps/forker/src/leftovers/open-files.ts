import { readdirSync, readlinkSync } from 'node:fs';

/**
 * The paths that processes of this host have open now, as far as this user may see (proc(5),
 * `/proc/PID/fd`).
 */
export function openFiles(): ReadonlySet<string> {
  const open = new Set<string>();
  for (const pid of names('/proc').filter((name) => /^\d+$/.test(name)))
    for (const descriptor of names(`/proc/${pid}/fd`)) {
      try {
        open.add(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        // It was closed since.
      }
    }
  return open;
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
