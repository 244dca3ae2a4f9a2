/**
 * One option of a line of authorized_keys. `name` is in lower case; `value` is null when there is
 * none.
 */
export interface KeyOption {
  readonly name: string;
  readonly value: string | null;
}

/**
 * Splits a line of authorized_keys into its options and the rest, which starts with the key type.
 * Null when malformed.
 */
export function splitOptions(
  line: string,
): { readonly options: readonly KeyOption[]; readonly rest: string } | null {
  if (startsWithKeyType(line)) return { options: [], rest: line };
  const options: KeyOption[] = [];
  let rest = line;
  for (;;) {
    // A name, then perhaps a value in quotes, where `\"` is a quote. Source: sshd(8).
    const match = /^([A-Za-z0-9-]+)(?:="((?:\\"|[^"])*)")?(,|[ \t]+)/.exec(rest);
    if (match === null) return null;
    const [whole, name = '', value, end] = match;
    options.push({ name: name.toLowerCase(), value: value?.replaceAll('\\"', '"') ?? null });
    rest = rest.slice(whole.length);
    if (end !== ',') return { options, rest };
  }
}

function startsWithKeyType(line: string): boolean {
  return /^(ssh-|ecdsa-|sk-)[^\s,="]*[ \t]/.test(line);
}
