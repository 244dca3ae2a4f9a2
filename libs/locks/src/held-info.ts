/**
 * What the holder of a Breezy lock wrote into `held/info`; null for each field that it did not
 * write.
 */
export interface HeldInfo {
  readonly nonce: string | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  readonly user: string | null;
  /** Seconds since 1970, by the holder's clock. */
  readonly startTimeS: number | null;
  /**
   * Identifies the process for good. Only sessions of hatchery write it
   * (apps/forker/zygote/lock_evidence.py); null for others.
   */
  readonly identity: {
    /** The boot: /proc/sys/kernel/random/boot_id. */
    readonly boot: string;
    /** As `pid:[4026531836]`. */
    readonly pidNamespace: string;
    /** Clock ticks from the boot to the start of the process. */
    readonly startTicks: number;
  } | null;
}

/** An info file is some 150 bytes; a longer file is not one. */
export const heldInfoCharactersMax = 64 * 1024;

/**
 * Reads an info file, or says why it is invalid: null for an empty one, which an interruption
 * sometimes leaves. The file is what `yaml.dump` makes of a flat mapping (breezy/lockdir.py,
 * `LockHeldInfo.to_bytes`): plain, quoted or folded scalars.
 */
export function readHeldInfo(text: string): HeldInfo | { readonly corrupt: string } {
  if (text.length > heldInfoCharactersMax) return { corrupt: 'its info file is too long' };
  if (text.trim() === '') return { corrupt: 'its info file is empty' };
  const fields = new Map<string, string>();
  for (const line of unfold(text)) {
    const [, key, value] = /^([A-Za-z_]+): ?(.*)$/s.exec(line) ?? [];
    const scalar = value === undefined ? null : readScalar(value.trim());
    if (key === undefined || scalar === null) return { corrupt: 'its info file is corrupt' };
    fields.set(key, scalar);
  }
  const word = (key: string): string | null => {
    const value = fields.get(key);
    return value === undefined || value === '' || value === 'null' ? null : value;
  };
  return {
    nonce: word('nonce'),
    hostname: word('hostname'),
    pid: naturalNumber(word('pid')),
    user: word('user'),
    startTimeS: naturalNumber(word('start_time')),
    identity: identityOf(word('boot'), word('pid_namespace'), naturalNumber(word('start_ticks'))),
  };
}

function identityOf(
  boot: string | null,
  pidNamespace: string | null,
  startTicks: number | null,
): HeldInfo['identity'] {
  return boot === null || pidNamespace === null || startTicks === null
    ? null
    : { boot, pidNamespace, startTicks };
}

/** Lines with their continuations, which are indented (YAML 1.1, "Line Folding"). */
function unfold(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    // A break within double quotes is escaped where a space would be lost.
    if (/^\s/.test(line) && lines.length > 0) {
      const before = lines.pop() ?? '';
      lines.push(
        before.endsWith('\\')
          ? `${before.slice(0, -1)}${line.trimStart()}`
          : `${before} ${line.trimStart()}`,
      );
    } else lines.push(line);
  }
  return lines;
}

function readScalar(text: string): string | null {
  if (text.startsWith("'"))
    return /^'(?:[^']|'')*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : null;
  if (text.startsWith('"'))
    return /^"(?:[^"\\]|\\.)*"$/s.test(text) ? unescape(text.slice(1, -1)) : null;
  // A value that begins with one of these is not a plain scalar (YAML 1.1, "Plain Style") but a
  // list, a mapping or a reference, which Breezy never writes.
  return /^[[\]{}&*!|>%@`]|[\p{Cc}]/u.test(text) ? null : text;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  e: '\x1b',
  _: '\xa0',
};

/**
 * Escapes of YAML's double quotes: PyYAML writes what is not ASCII as \xNN, \uNNNN or \UNNNNNNNN.
 */
function unescape(text: string): string {
  const escape = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs;
  return text.replaceAll(
    escape,
    (_whole, two?: string, four?: string, eight?: string, one: string = '') => {
      const code = two ?? four ?? eight;
      if (code === undefined) return escapes[one] ?? one;
      const point = parseInt(code, 16);
      return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
    },
  );
}

function naturalNumber(text: string | null): number | null {
  const number = text !== null && /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}
