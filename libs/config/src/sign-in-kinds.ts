import { isLoopback } from '@hatchery/addresses';
import { describe, Refusal, type Kind } from './kinds.ts';
import type { TomlValue } from './toml.ts';

/** A text of printable characters on one line. */
export const word: Kind<string> = (value) =>
  wordOf(value) ?? refuse(value, 'must be a text of one line');

/** A list of such texts; it may be empty. */
export const names: Kind<readonly string[]> = (value) =>
  each(value, 'must be a list of names as ["anna", "group:ops"]', wordOf);

/**
 * Addresses of the page: origins as a browser sends them (RFC 6454, section 6.2), each with a path
 * where a proxy serves the page below one. The list may be empty.
 */
export const origins: Kind<readonly string[]> = (value) =>
  each(
    value,
    `must be a list of addresses as ${originExample}, with no slash at their end`,
    (element) => {
      const text = wordOf(element);
      const url = URL.parse(text ?? '');
      if (url === null || !/^https?:$/.test(url.protocol)) return null;
      const path = url.pathname === '/' ? '' : url.pathname;
      return !path.endsWith('/') && !path.includes('//') && `${url.origin}${path}` === text
        ? text
        : null;
    },
  );

const originExample = '["https://hatchery.example.org"] or ["https://example.org/hatchery"]';

/**
 * The address of an OpenID provider. Without TLS any party on the network path could sign in, so
 * plain HTTP is allowed on this machine only.
 */
export const issuer: Kind<string> = (value) => {
  const url = URL.parse(wordOf(value) ?? '');
  const isNear = url !== null && isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isNear))
    return wordOf(value) ?? '';
  return refuse(
    value,
    'must be the https address of an OpenID provider as "https://login.example.org"',
  );
};

/** The name of a header (RFC 9110, section 5.1), in lower case, as Node has header names. */
export const headerName: Kind<string> = (value) => {
  const text = wordOf(value);
  if (text === null || !/^[a-z\d!#$%&'*+.^_`|~-]+$/i.test(text))
    refuse(value, 'must be the name of a header as "x-forwarded-user"');
  return text.toLowerCase();
};

function wordOf(value: TomlValue): string | null {
  return value.kind === 'string' && /^[^\p{C}\s](?:[^\p{C}]*[^\p{C}\s])?$/u.test(value.value)
    ? value.value
    : null;
}

function each(
  value: TomlValue,
  wanted: string,
  read: (element: TomlValue) => string | null,
): readonly string[] {
  if (value.kind !== 'array') return refuse(value, wanted);
  return value.elements.map(({ value: element, line }) => {
    const text = read(element);
    if (text === null) throw new Refusal(`${wanted}, not ${describe(element)}`, line);
    return text;
  });
}

function refuse(value: TomlValue, wanted: string): never {
  throw new Refusal(`${wanted}, not ${describe(value)}`);
}
