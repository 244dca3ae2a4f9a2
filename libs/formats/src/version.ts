import { formats, type Format, type FormatName } from './formats.ts';

/** What was found is of a version that this release does not read. The message says what to do. */
export class FormatError extends Error {
  readonly code = 'unknown_format';
  readonly fault = 'system';

  constructor(message: string) {
    super(message);
    this.name = 'FormatError';
  }
}

/**
 * Null when `found`, the version that stands in `place`, is the one that this release reads; else
 * the sentence for the operator, which names the place, both versions and the remedy.
 */
export function versionTrouble(name: FormatName, place: string, found: unknown): string | null {
  const { called, version, remedy }: Format = formats[name];
  if (found === version) return null;
  const its = found === undefined ? 'without a version' : `of version ${JSON.stringify(found)}`;
  const article = /^[aeiou]/.test(called) ? 'an' : 'a';
  return `${place} is ${article} ${called} ${its}; this Hatchery reads version ${version}; ${remedy}`;
}

/** @throws {FormatError} with {@link versionTrouble}, when there is any */
export function requireVersion(name: FormatName, place: string, found: unknown): void {
  const trouble = versionTrouble(name, place, found);
  if (trouble !== null) throw new FormatError(trouble);
}

/** The value as it is written: `format`, its version, comes first. */
export function withVersion<T extends object>(name: FormatName, value: T): { format: number } & T {
  return { format: formats[name].version, ...value };
}
