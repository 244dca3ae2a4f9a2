import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readToml, type TomlValue } from './toml.ts';

/**
 * The keys that a configuration file sets, each with a digest of its value: enough to see what has
 * changed without revealing any value. Empty without a file. @throws the system's error
 */
export function readKeyDigests(file: string | undefined): ReadonlyMap<string, string> {
  const entries = file === undefined ? [] : readToml(readFileSync(file, 'utf8')).entries;
  return new Map(
    entries.flatMap(({ path, value }) =>
      value === null ? [] : [[path, digestOf(value)] as const],
    ),
  );
}

function digestOf(value: TomlValue): string {
  return createHash('sha256')
    .update(JSON.stringify(plain(value)))
    .digest('base64url');
}

/** The value without the line numbers of its elements: a comment above them is no change. */
function plain(value: TomlValue): unknown {
  return value.kind === 'array' ? value.elements.map(({ value: one }) => plain(one)) : value;
}
