import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readToml, type TomlValue } from './toml.ts';

/**
 * What a configuration file sets, each key by its full path with a digest of its value: enough to
 * tell what has changed, and nothing of a value to be read. Empty without a file. @throws the
 * system's error
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

/** Without the lines that elements stand in: a comment above them is no change. */
function plain(value: TomlValue): unknown {
  return value.kind === 'array' ? value.elements.map(({ value: one }) => plain(one)) : value;
}
