import { isUserName } from '@hatchery/protocol';
import { Refusal, type Kind } from './kinds.ts';

/**
 * Sessions get the list in one environment variable, which the kernel limits to 128 KiB (execve(2),
 * MAX_ARG_STRLEN).
 */
const prefixesMax = 500;

/** Bytes of one prefix: {@link prefixesMax} of them stay below that limit. */
const prefixBytesMax = 200;

/**
 * Prefixes below the hosting root such as `~alice/secret`; each begins with its owner, a user or a
 * team. The list may be empty.
 */
export const prefixes: Kind<readonly string[]> = (value) => {
  if (value.kind !== 'array')
    throw new Refusal('must be a list of prefixes as ["~alice/secret", "~reds"]');
  if (value.elements.length > prefixesMax)
    throw new Refusal(`must have at most ${prefixesMax} prefixes`);
  return value.elements.map(({ value: element, line }) => {
    const reason = element.kind === 'string' ? problemOf(element.value) : 'is no text';
    if (reason !== null || element.kind !== 'string')
      throw new Refusal(
        `must name prefixes as "~alice/secret" or "~reds"; one of them ${reason}`,
        line,
      );
    return element.value;
  });
};

function problemOf(text: string): string | null {
  const [first = '', ...rest] = text.split('/');
  if (first !== first.toLowerCase() && isUserName(first.slice(1).toLowerCase()))
    return `has capitals in the name of its user or team, write ${first.toLowerCase()}: ${JSON.stringify(text)}`;
  if (!first.startsWith('~') || !isUserName(first.slice(1)))
    return `does not begin with ~ and a user or team: ${JSON.stringify(text)}`;
  if (Buffer.byteLength(text) > prefixBytesMax) return `is longer than ${prefixBytesMax} bytes`;
  // Sessions compare it with the names in a path as the file system reads it, which never contain
  // these.
  if (rest.some((name) => name === '' || name === '.' || name === '..'))
    return `has an empty name, a '.' or a '..' in it: ${JSON.stringify(text)}`;
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return `holds a control character: ${JSON.stringify(text)}`;
  // `%20` would mean a name with a percent sign.
  return /%[0-9a-f]{2}/i.test(text)
    ? `is written as in an address, not as on the disk: ${JSON.stringify(text)}`
    : null;
}
