import { resolve } from 'node:path';
import { parseNetwork } from '@hatchery/addresses';
import type { Address } from './config.ts';
import { parseAddress, parseMode, parseStartups, type Startups } from './notations.ts';
import { parseAlgorithms, type AlgorithmKind } from './ssh-algorithms.ts';
import type { TomlValue } from './toml.ts';

/** The context that reading a value may need. */
export interface ReadContext {
  /** The directory of the file, to which relative paths refer. */
  readonly fileDirectory: string;
}

/** Reads a value. It throws a {@link Refusal}; the caller adds file, line and key. */
export type Kind<T> = (value: TomlValue, context: ReadContext) => T;

/** Why a value is rejected. `line` only when it is not the key's own. */
export class Refusal extends Error {
  readonly line: number | null;

  constructor(message: string, line: number | null = null) {
    super(message);
    this.name = 'Refusal';
    this.line = line;
  }
}

/** A file or directory; the result is absolute. */
export const path: Kind<string> = (value, { fileDirectory }) => {
  const text = takeString(value, 'a path');
  if (text === '') throw new Refusal('must be a path, not an empty string');
  if (text.includes('\0')) throw new Refusal('must be a path without a zero byte');
  if (text.startsWith('~'))
    throw new Refusal(`must be a whole path: '~' is not expanded in '${text}'`);
  return resolve(fileDirectory, text);
};

/** At least one path. */
export const paths: Kind<readonly string[]> = (value, context) => {
  if (value.kind !== 'array') throw new Refusal(`must be a list of paths, not ${describe(value)}`);
  if (value.elements.length === 0) throw new Refusal('must name at least one path');
  return value.elements.map((element) => {
    try {
      return path(element.value, context);
    } catch (error) {
      throw error instanceof Refusal ? new Refusal(error.message, element.line) : error;
    }
  });
};

/**
 * Networks as `192.0.2.0/24` or `2001:db8::/32`; an address alone is a network of one. The list may
 * be empty.
 */
export const networks: Kind<readonly string[]> = (value) => {
  if (value.kind !== 'array')
    throw new Refusal(`must be a list of networks as ["192.0.2.0/24"], not ${describe(value)}`);
  return value.elements.map(({ value: element, line }) => {
    if (element.kind === 'string' && parseNetwork(element.value) !== null) return element.value;
    throw new Refusal(
      `must name networks as "192.0.2.0/24" or "2001:db8::/32", not ${describe(element)}`,
      line,
    );
  });
};

/** A command: an absolute path and its arguments, run without a shell. */
export const command: Kind<readonly string[]> = (value) => {
  const wanted =
    'must be a list of a program and its arguments as ["/usr/local/bin/keys-of", "%u"]';
  if (value.kind !== 'array') throw new Refusal(`${wanted}, not ${describe(value)}`);
  const words = value.elements.map((element) =>
    element.value.kind === 'string' && !element.value.value.includes('\0')
      ? element.value.value
      : refuseAt(element.line, `${wanted}, without ${describe(element.value)}`),
  );
  if (words[0]?.startsWith('/') !== true)
    throw new Refusal(`${wanted}, with the program's whole path`);
  return words;
};

/** An http or https address in which `{user}` stands for a name. */
export const userUrl: Kind<string> = (value) => {
  const wanted = 'must be an address as "https://keys.example/v1/users/{user}/keys"';
  const text = takeString(value, wanted.slice('must be '.length));
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp || !text.includes('{user}')) throw new Refusal(`${wanted}, not ${describe(value)}`);
  return text;
};

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): Kind<number> {
  return (value) => {
    const wanted = `must be a whole number from ${min} to ${max}`;
    if (value.kind !== 'integer') throw new Refusal(`${wanted}, not ${describe(value)}`);
    if (value.value < min || value.value > max) throw new Refusal(`${wanted}, not ${value.text}`);
    return value.value;
  };
}

/** A whole number within bounds, both included, or 0 for no limit. */
export function zeroOr(min: number, max: number): Kind<number> {
  return (value) => {
    if (
      value.kind === 'integer' &&
      (value.value === 0 || (value.value >= min && value.value <= max))
    )
      return value.value;
    const shown = value.kind === 'integer' ? value.text : describe(value);
    throw new Refusal(`must be 0 or a whole number from ${min} to ${max}, not ${shown}`);
  };
}

/** Seconds, with a fraction if need be, within bounds, both included. */
export function seconds(min: number, max: number): Kind<number> {
  return (value) => {
    const wanted = `must be seconds from ${min} to ${max}`;
    if (value.kind !== 'integer' && value.kind !== 'float')
      throw new Refusal(`${wanted}, not ${describe(value)}`);
    // Written this way so that nan is refused.
    if (!(value.value >= min && value.value <= max))
      throw new Refusal(`${wanted}, not ${value.text}`);
    return value.value;
  };
}

/** true or false. */
export const flag: Kind<boolean> = (value) => {
  if (value.kind !== 'boolean') throw new Refusal(`must be true or false, not ${describe(value)}`);
  return value.value;
};

/** The name of an account of this system, which is no user of the service. */
export const accountName: Kind<string> = (value) => {
  const text = takeString(value, 'the name of a user');
  // useradd(8), CAVEATS.
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(text))
    throw new Refusal(`must be the name of a user, not ${JSON.stringify(text)}`);
  return text;
};

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  const wanted = `must be ${words.map((word) => `"${word}"`).join(' or ')}`;
  return (value) => {
    const found = value.kind === 'string' ? words.find((word) => word === value.value) : undefined;
    if (found === undefined) throw new Refusal(`${wanted}, not ${describe(value)}`);
    return found;
  };
}

/** Where to listen, as `host:port`. */
export const address: Kind<Address> = (value) =>
  parseAddress(takeString(value, 'an address as "127.0.0.1:5022"')) ??
  refuse(value, 'must be an address as "127.0.0.1:5022" or "[::1]:5022"');

/** A list of algorithms in the syntax of ssh_config(5), such as `+ecdh-sha2-nistp256`. */
export function algorithms(kind: AlgorithmKind): Kind<readonly string[]> {
  return (value) => {
    const names = parseAlgorithms(
      kind,
      takeString(value, 'a list in one text as "+ecdh-sha2-nistp256" or "a,b"'),
    );
    if ('reason' in names) throw new Refusal(`must be a list of algorithms: ${names.reason}`);
    return names;
  };
}

/** Permission bits of a socket: a string of octal digits, or TOML's own octal number. */
export const mode: Kind<number> = (value) => {
  const text = value.kind === 'string' ? value.value : value.kind === 'integer' ? value.text : '';
  return (
    parseMode(text, value.kind === 'integer') ??
    refuse(value, 'must be octal permission bits as "0660" or 0o660')
  );
};

/** The permission bits that new files do not get. Their owner always has all. */
export const umask: Kind<number> = (value, context) => {
  const bits = mode(value, context);
  return (bits & 0o700) === 0
    ? bits
    : refuse(value, 'must leave the owner everything, as "0022" or "0027"');
};

/** Permission bits of a lock's file: its owner can read and write it, nobody can execute it. */
export const lockMode: Kind<number> = (value, context) => {
  const bits = mode(value, context);
  return (bits & 0o711) === 0o600
    ? bits
    : refuse(value, 'must let its owner read and write, and nobody run it, as "0600" or "0660"');
};

/** `start:rate:full` of sshd_config(5) MaxStartups. */
export const startups: Kind<Startups> = (value) =>
  parseStartups(takeString(value, '"start:rate:full" as "100:30:300"')) ??
  refuse(
    value,
    'must be "start:rate:full" with start <= full and a rate of 1 to 100, as "100:30:300"',
  );

function takeString(value: TomlValue, wanted: string): string {
  if (value.kind !== 'string') throw new Refusal(`must be ${wanted}, not ${describe(value)}`);
  return value.value;
}

function refuse(value: TomlValue, wanted: string): never {
  throw new Refusal(`${wanted}, not ${describe(value)}`);
}

function refuseAt(line: number, message: string): never {
  throw new Refusal(message, line);
}

/** A value as a refusal shows it. */
export function describe(value: TomlValue): string {
  switch (value.kind) {
    case 'string':
      return JSON.stringify(value.value);
    case 'integer':
    case 'float':
      return `the number ${value.text}`;
    case 'array':
      return 'a list';
    default:
      return `a ${value.kind}`;
  }
}
