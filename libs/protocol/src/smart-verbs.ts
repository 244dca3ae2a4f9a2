import { visible } from '@hatchery/display';
import table from './smart-verbs.json' with { type: 'json' };
import { decodeUtf8 } from './utf8.ts';

/**
 * Requests of Breezy's smart protocol by class, and which of their arguments is the path; null for
 * those about no place. The gateway and the sessions (apps/forker/zygote/verb_table.py) both read
 * this one file; test_matrix.py checks it against Breezy itself.
 */
const pathAtByClass: Readonly<Record<string, Readonly<Record<string, number | null>>>> =
  table.pathAt;

/** Classes whose requests are about single files and not about branches, or are not answered. */
const notAboutBranches: readonly string[] = ['file read', 'file change', 'unknown'];

const pathAt: ReadonlyMap<string, number | null> = new Map(
  Object.entries(pathAtByClass).flatMap(([kind, verbs]) =>
    notAboutBranches.includes(kind) ? [] : Object.entries(verbs),
  ),
);

/**
 * Requests that only check whether something exists. A client that has the URL of a file asks for
 * the file, then for each directory above it, until one exists (breezy/controldir.py,
 * `open_containing_from_transport`).
 */
const looks: readonly string[] = ['BzrDir.open', 'BzrDir.open_2.1'];

/**
 * The place that a request is about. `isLook`: it only checks whether something exists, and a later
 * request may name another place.
 */
export interface RequestPlace {
  readonly place: string;
  readonly isLook: boolean;
}

/**
 * Characters of a client's name that are shown. The longest path that a file system takes is 4,096
 * bytes.
 */
const shownCharactersMax = 512;

/**
 * The place that a request of the smart protocol is about, as people write it:
 * `~alice/project/trunk`. Null when it is about none, about the root, about a single file, or
 * unknown. `words` are the request: the verb and its arguments, as bytes.
 */
export function placeOfRequest(words: readonly Uint8Array[]): RequestPlace | null {
  const [first, ...given] = words;
  const verb = decodeUtf8(first ?? new Uint8Array()) ?? '';
  const at = pathAt.get(verb);
  const path = at === undefined || at === null ? undefined : given[at];
  const place = path === undefined ? null : shownPlace(path);
  return place === null ? null : { place, isLook: looks.includes(verb) };
}

/**
 * A path of a request as people write it. Requests about branches carry UTF-8 without
 * percent-encoding (breezy/bzr/smart/client.py, `remote_path_from_transport`), so only UTF-8 is
 * decoded. `.` and `..` are resolved as sessions resolve them. A character that no terminal should
 * show becomes its escape, such as `\x1b`, `\u202e`, or `\xff` for a byte that is not UTF-8.
 */
function shownPlace(path: Uint8Array): string | null {
  const names: string[] = [];
  for (const name of readable(path).split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(visible(name));
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
  return [...bytes]
    .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${hex(byte, 2)}`))
    .join('');
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
