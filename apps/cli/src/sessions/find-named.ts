import { visible } from '@hatchery/display';

/** Characters of the beginning of an id, from which on it is taken for one. */
const prefixCharactersMin = 3;

/** Characters of a text that are said again. */
const echoedMax = 80;

/** How things of one kind are named by a person. */
export interface Naming<T> {
  /** Of several things, as `locks`. */
  readonly plural: string;
  /** Names besides the id, as a branch or a pid; they come before beginnings of ids. */
  readonly isCalled: (one: T, text: string) => boolean;
  /** Parts of the id that a person may begin with; the whole id is one. */
  readonly handles: (one: T) => readonly string[];
  /** Tells one from the others, in a list of candidates. */
  readonly describe: (one: T) => string;
}

/**
 * The one thing that a person means: by its id, by another name of it, or by the beginning of its
 * id. Null when there is none. All commands that take an id look it up here.
 * @throws an Error that lists the candidates when they are several
 */
export function findNamed<T extends { readonly id: string }>(
  all: readonly T[],
  text: string,
  { plural, isCalled, handles, describe }: Naming<T>,
): T | null {
  const ways: readonly ((one: T) => boolean)[] = [
    ({ id }) => id === text,
    (one) => isCalled(one, text),
    (one) =>
      text.length >= prefixCharactersMin && handles(one).some((handle) => handle.startsWith(text)),
  ];
  for (const isMeant of ways) {
    const [found, ...others] = all.filter(isMeant);
    if (found === undefined) continue;
    if (others.length === 0) return found;
    const list = [found, ...others].map((one) => `${one.id} (${describe(one)})`).join(', ');
    throw new Error(
      visible(`${echo(text)} is ${others.length + 1} ${plural}: ${list}; say which by its id`),
    );
  }
  return null;
}

/** What a person typed, on one line and cut. */
export function echo(text: string): string {
  return visible(text.length > echoedMax ? `${text.slice(0, echoedMax)}…` : text);
}
