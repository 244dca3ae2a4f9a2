import table from './smart-verbs.json' with { type: 'json' };
import { decodeUtf8 } from './utf8.ts';

/**
 * Requests of Breezy's smart protocol by class, and which of their arguments is the path; null for those about no place. The file is the one
 * source for the gateway and for the sessions (apps/forker/zygote/verb_table.py); test_matrix.py checks it against Breezy itself.
 */
const pathAtByClass: Readonly<Record<string, Readonly<Record<string, number | null>>>> = table.pathAt;

/** Classes whose requests are about single files and not about branches, or are not answered. */
const notAboutBranches: readonly string[] = ['file read', 'file change', 'unknown'];

const pathAt: ReadonlyMap<string, number | null> = new Map(
  Object.entries(pathAtByClass).flatMap(([kind, verbs]) =>
    notAboutBranches.includes(kind) ? [] : Object.entries(verbs),
  ),
);

/** Of a name that a client sent, in characters. The longest path that a file system takes is 4,096 bytes. */
const shownCharactersMax = 512;

const unshowable = new RegExp(table.unshowable, 'gu');

/**
 * The place that a request of the smart protocol is about, as people write it: `~alice/project/trunk`. Null when it is about none, about the root,
 * about a single file, or unknown. `words` are the request: the verb and its arguments, as bytes.
 */
export function placeOfRequest(words: readonly Uint8Array[]): string | null {
  const [verb, ...given] = words;
  const at = pathAt.get(decodeUtf8(verb ?? new Uint8Array()) ?? '');
  const path = at === undefined || at === null ? undefined : given[at];
  return path === undefined ? null : shownPlace(path);
}

/**
 * A path of a request as people write it. Requests about branches carry UTF-8 without percent-encoding (breezy/bzr/smart/client.py,
 * `remote_path_from_transport`), so nothing is decoded but that. Steps are resolved as sessions resolve them. What no terminal should show
 * becomes its escape, as `\x1b`, `\u202e`, or `\xff` for a byte that is no UTF-8.
 */
function shownPlace(path: Uint8Array): string | null {
  const names: string[] = [];
  for (const name of readable(path).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name.replace(unshowable, escaped));
  }
  if (names.length === 0) return null;
  const characters = [...names.join('/')];
  return characters.length <= shownCharactersMax
    ? characters.join('')
    : `${characters.slice(0, shownCharactersMax - 1).join('')}…`;
}

function readable(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text !== null) return text;
  return [...bytes].map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${hex(byte, 2)}`)).join('');
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
