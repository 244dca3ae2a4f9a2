import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOfRequest } from './smart-verbs.ts';

function place(...words: readonly (string | Uint8Array)[]): string | null {
  return (
    placeOfRequest(
      words.map((word) => (typeof word === 'string' ? new TextEncoder().encode(word) : word)),
    )?.place ?? null
  );
}

test('a place is shown as text, and not as its bytes', () => {
  assert.equal(place('BzrDir.open_2.1', '~demo/p/プ/枝/'), '~demo/p/プ/枝');
  assert.equal(place('BzrDir.open_2.1', '~demo/p/e\u0301'), '~demo/p/e\u0301');
  assert.equal(place('Branch.lock_write', '~demo/p/👩‍💻', ''), '~demo/p/👩‍💻');
});

test('a percent sign in a request about a branch is itself, since the client has decoded its URL', () => {
  assert.equal(place('BzrDir.open_2.1', '~demo/p/100%'), '~demo/p/100%');
  assert.equal(place('BzrDir.open_2.1', '~demo/p/a%2Fb'), '~demo/p/a%2Fb');
});

test('the path is found where the request has it', () => {
  const format = 'Bazaar-NG meta directory, format 1\n';
  assert.equal(place('BzrDirFormat.initialize_ex_1.16', format, '~demo/x/', 'True'), '~demo/x');
  assert.equal(place('VersionedFileRepository.get_inventories', '~demo/x', 'unordered'), '~demo/x');
});

test('steps are resolved as the session resolves them', () => {
  assert.equal(place('BzrDir.open', '/~demo//p/./x/../y/'), '~demo/p/y');
  assert.equal(place('BzrDir.open', '../../y'), 'y');
});

test('characters that no terminal should show are shown as escapes', () => {
  assert.equal(
    place('BzrDir.open', 'a\x1b[31m\nb\u009b\u202ec\0'),
    String.raw`a\x1b[31m\x0ab\x9b\u202ec\x00`,
  );
  assert.equal(
    place('BzrDir.open', Uint8Array.of(0x61, 0xff, 0xe3, 0x83, 0x0a)),
    String.raw`a\xff\xe3\x83\x0a`,
  );
});

test('a long name is cut between two characters', () => {
  const shown = place('BzrDir.open', '👩'.repeat(600)) ?? '';
  assert.equal([...shown].length, 512);
  assert.match(shown, /👩…$/u);
});

test('a request that is about no branch names none', () => {
  for (const words of [
    [],
    ['hello'],
    ['BzrDir.open'],
    ['BzrDir.open', '/'],
    ['BzrDir.open', '.'],
    ['get', '~demo/x'],
    ['x', 'y'],
  ])
    assert.equal(place(...words), null, words.join(' '));
});

test('a request that only checks for existence is told from one that is about the place', () => {
  const isLook = (verb: string): unknown =>
    placeOfRequest([verb, '~demo/x'].map((word) => new TextEncoder().encode(word)))?.isLook;
  assert.deepEqual(
    ['BzrDir.open', 'BzrDir.open_2.1', 'BzrDir.open_branchV3', 'Branch.lock_write'].map(isLook),
    [true, true, false, false],
  );
});
