import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertDone } from './outcome.ts';
import { run } from './run.ts';
import type { Client } from './client.ts';

/** How large a history to make. */
export interface HistorySize {
  readonly revisions: number;
  readonly files: number;
}

/**
 * Makes a branch with a history in the client's home, by `brz fast-import` of a stream from a
 * seeded generator; the same seed gives the same revision ids. Returns the path of the branch,
 * which has no working tree.
 */
export async function makeHistory(
  client: Client,
  name: string,
  size: HistorySize,
  seed: number,
): Promise<string> {
  const stream = client.path(`${name}.fast-import`);
  writeFileSync(stream, fastImportStream(size, generator(seed)));
  await client.brz('init-shared-repository', '-q', '--no-trees', name);
  const options = { cwd: client.home, environment: client.environment };
  assertDone(await run('/usr/bin/brz', ['fast-import', '-q', stream, name], options));
  return join(client.home, name, 'git-trunk');
}

function fastImportStream({ revisions, files }: HistorySize, random: () => number): string {
  const contents = new Map<string, string>();
  const parts: string[] = ['reset refs/heads/trunk\n'];
  for (let number = 1; number <= revisions; number += 1) {
    const message = `revision ${number}`;
    const when = 1_500_000_000 + number * 600;
    parts.push(
      `commit refs/heads/trunk\nmark :${number}\ncommitter Gen <gen@example.invalid> ${when} +0000\n`,
    );
    parts.push(`data ${message.length}\n${message}\n`);
    if (number > 1) parts.push(`from :${number - 1}\n`);
    for (const path of changedPaths(number, files, contents, random)) {
      const added = Array.from(
        { length: 1 + Math.floor(random() * 30) },
        () => `${random()} of ${path}\n`,
      ).join('');
      const content = (contents.get(path) ?? '') + added;
      contents.set(path, content);
      parts.push(`M 644 inline ${path}\ndata ${content.length}\n${content}\n`);
    }
  }
  return parts.join('');
}

/** A new file in each of the first revisions, and some old ones changed. */
function changedPaths(
  number: number,
  files: number,
  contents: Map<string, string>,
  random: () => number,
): Set<string> {
  const known = [...contents.keys()];
  const paths = new Set<string>();
  if (number <= files) paths.add(`directory-${number % 17}/file-${number}.txt`);
  for (let count = 1 + Math.floor(random() * 3); count > 0 && known.length > 0; count -= 1) {
    paths.add(known[Math.floor(random() * known.length)] ?? '');
  }
  return paths;
}

/** Mulberry32: 32 bits of state, good enough to vary a text and the same on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
