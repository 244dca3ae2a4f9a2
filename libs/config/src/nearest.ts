/**
 * The candidate that a person most likely meant, or null when none is close: at most a third of its
 * letters differ.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: { candidate: string; distance: number } | null = null;
  for (const candidate of candidates) {
    // The same key in another table is the most common mistake, and not a misspelling.
    const sameKey = lastPart(word) === lastPart(candidate);
    const distance = sameKey
      ? 0
      : Math.min(editDistance(word, candidate), editDistance(lastPart(word), lastPart(candidate)));
    if (distance > Math.floor(lastPart(candidate).length / 3)) continue;
    if (best === null || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
