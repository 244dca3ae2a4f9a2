/**
 * Parts a line of authorized_keys into the names of its options and the rest, which starts with the key type.
 * Null when a quote is left open. An option's value is dropped, as only options without a say are accepted.
 */
export function splitOptions(line: string): { readonly options: readonly string[]; readonly rest: string } | null {
  if (startsWithKeyType(line)) return { options: [], rest: line };
  const end = endOfOptions(line);
  if (end === null) return null;
  return { options: optionNames(line.slice(0, end)), rest: line.slice(end).trimStart() };
}

function startsWithKeyType(line: string): boolean {
  return /^(ssh-|ecdsa-|sk-)[^\s,="]*[ \t]/.test(line);
}

/** Options end at the first blank outside quotes; `\"` inside quotes is a quote. Source: sshd(8). */
function endOfOptions(line: string): number | null {
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '\\' && line[at + 1] === '"') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === ' ' || character === '\t')) return at;
  }
  return quoted ? null : line.length;
}

function optionNames(options: string): string[] {
  const withoutValues = options.replace(/"(\\"|[^"])*"/g, '');
  return withoutValues.split(',').map((option) => option.replace(/=.*$/, ''));
}
