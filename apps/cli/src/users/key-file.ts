import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createFile, makeDirectories, modes } from '@hatchery/daemon';
import { parsePublicKey, type PublicKey } from './public-key.ts';
import { readUserFile } from './user-file.ts';

/** Longer than any file of public keys a person has; what is longer is something else. */
const keyFileBytesMax = 64 * 1024;

/** The text of a file of public keys. @throws an Error that names the file and what to give instead */
export function readKeyFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'there is no such file', EISDIR: 'it is a directory' }[code ?? ''] ?? message;
    throw new Error(`cannot read ${path}: ${reason}; --key takes a public key, as ~/.ssh/id_ed25519.pub`, {
      cause: error,
    });
  }
  if (text.length > keyFileBytesMax)
    throw new Error(`${path} is no public key: it is longer than ${keyFileBytesMax} bytes`);
  return text;
}

/**
 * Gives a user the keys of a text and returns how many were new: a key that is there already is left alone, whatever its
 * comment. The file is replaced whole. @throws an Error that names `source` when any line of the text is no usable public key
 */
export function addUser(usersDirectory: string, name: string, keyText: string, source: string): number {
  const keys = readKeys(keyText, source);
  const file = keysFile(usersDirectory, name);
  const had = readUserFile(usersDirectory, name, 'authorized_keys')?.trimEnd() ?? '';
  const fresh = keys.filter(({ blob }, index) => {
    return !had.includes(blob) && keys.findIndex((other) => other.blob === blob) === index;
  });
  if (fresh.length === 0) return 0;
  makeDirectories(join(usersDirectory, name), modes.usersDirectory);
  const lines = [...(had === '' ? [] : [had]), ...fresh.map(({ line }) => line)];
  const scratch = `${file}.new.${process.pid}`;
  createFile(scratch, `${lines.join('\n')}\n`, modes.userFile);
  renameSync(scratch, file);
  return fresh.length;
}

/** How many keys a user's file holds; 0 without one. @throws an Error that names the file when it cannot be read */
export function keyCount(usersDirectory: string, name: string): number {
  return keyLines(readUserFile(usersDirectory, name, 'authorized_keys') ?? '').length;
}

function readKeys(text: string, source: string): PublicKey[] {
  if (text.includes('PRIVATE KEY'))
    throw new Error(`${source} is no public key: it is a private key; give the one that ends in .pub`);
  const lines = keyLines(text);
  if (lines.length === 0) throw new Error(`${source} is no public key: it is empty`);
  return lines.map((line) => {
    const key = parsePublicKey(line);
    if (typeof key === 'string') throw new Error(`${source} is no public key: ${key}`);
    return key;
  });
}

function keyLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function keysFile(usersDirectory: string, name: string): string {
  return join(usersDirectory, name, 'authorized_keys');
}
