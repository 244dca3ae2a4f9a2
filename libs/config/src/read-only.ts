import { readFileSync } from 'node:fs';
import type { ReadOnlyState } from '@hatchery/events';
import { versionTrouble } from '@hatchery/formats';
import type { Config } from './config.ts';
import { readOnlyPath } from './paths.ts';

/**
 * Null when the service takes changes. An unreadable file counts as sessions treat it: the service
 * is read-only.
 */
export function readReadOnly(config: Config): ReadOnlyState | null {
  const path = readOnlyPath(config);
  try {
    const { format, reason, since, actor } = JSON.parse(
      readFileSync(path, 'utf8'),
    ) as Partial<ReadOnlyState> & { readonly format?: unknown };
    const trouble = versionTrouble('readOnly', path, format);
    if (trouble !== null) return { reason: trouble, since: '', actor: '' };
    return { reason: reason ?? 'not said', since: since ?? '', actor: actor ?? '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { reason: `${path} cannot be read`, since: '', actor: '' };
  }
}
