import { readFileSync } from 'node:fs';
import { requireVersion, withVersion, type FormatName } from '@hatchery/formats';

/**
 * What stands in a JSON file of ours, without its version. Null when there is no file, or none that
 * can be read: nothing is known of one that was cut off.
 * @throws {FormatError} when it is of another version
 */
export function readVersioned<T>(path: string, name: FormatName): T | null {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return null;
  const { format, ...value } = read as { readonly format?: unknown };
  requireVersion(name, path, format);
  return value as T;
}

/** The text of such a file. */
export function versionedText(name: FormatName, value: object): string {
  return `${JSON.stringify(withVersion(name, value))}\n`;
}
