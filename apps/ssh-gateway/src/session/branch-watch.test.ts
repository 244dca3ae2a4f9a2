import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BranchWatch } from './branch-watch.ts';

/** A request as brz 3.3 sends it. */
function request(...words: readonly string[]): Buffer {
  const headers = 'd16:Software version5:3.3.2e';
  const list = `l${words.map((word) => `${Buffer.byteLength(word)}:${word}`).join('')}e`;
  const length = (text: string): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(Buffer.byteLength(text));
    return bytes;
  };
  const parts = [
    'bzr message 3 (bzr 1.6)\n',
    length(headers),
    headers,
    's',
    length(list),
    list,
    'e',
  ];
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function watch(...chunks: readonly Buffer[]): string | null {
  const branches = new BranchWatch();
  for (const chunk of chunks) branches.take(chunk);
  return branches.branch;
}

test('the first path that a request names is the branch, even if the stream is cut into pieces', () => {
  const bytes = Buffer.concat([
    request('Branch.get_config_file', ''),
    request('BzrDir.open_2.1', '~alice/project/trunk/'),
    request('BzrDir.open_2.1', 'other/'),
  ]);
  for (let at = 0; at <= bytes.length; at++)
    assert.equal(watch(bytes.subarray(0, at), bytes.subarray(at)), '~alice/project/trunk');
  assert.equal(watch(...[...bytes].map((byte) => Buffer.from([byte]))), '~alice/project/trunk');
});

test('a file in a branch counts as that branch; a path that is nowhere is shown as named', () => {
  const looks = ['a/trunk/sub/b.txt/', 'a/trunk/sub/', 'a/trunk/'].map((path) =>
    request('BzrDir.open_2.1', path),
  );
  const about = request('BzrDir.open_branchV3', 'a/trunk/');
  const later = request('Branch.last_revision_info', 'b/other');
  const bytes = Buffer.concat([...looks, about, later]);
  for (let at = 0; at <= bytes.length; at++)
    assert.equal(watch(bytes.subarray(0, at), bytes.subarray(at)), 'a/trunk', String(at));
  assert.equal(watch(...looks, request('hello')), 'a/trunk/sub/b.txt');
});

test('data that names no path, or is no smart request, has no branch', () => {
  for (const bytes of [
    Buffer.from('hello\n'),
    request('hello'),
    request('BzrDir.open_2.1', '/'),
    request('get', '~alice/x'),
    request('BzrDir.open_2.1', 'x').subarray(0, -3),
  ])
    assert.equal(watch(bytes), null, bytes.toString('latin1'));
});

test('a name is shown as the client wrote it, wherever the request has it', () => {
  assert.equal(watch(request('BzrDir.open_2.1', '~demo/p/プ/枝/')), '~demo/p/プ/枝');
  const made = request(
    'BzrDirFormat.initialize_ex_1.16',
    'Bazaar-NG meta directory, format 1\n',
    '~demo/x/',
    'True',
  );
  assert.equal(watch(request('mkdir', '~demo/x', ''), made), '~demo/x');
});

test('terminal controls do not get into the log', () => {
  assert.equal(watch(request('BzrDir.open', 'a\x1b[31m\nb')), String.raw`a\x1b[31m\x0ab`);
});

test('arbitrary data is watched without harm, and only for a while', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      watch(Buffer.from('bzr message 3 (bzr 1.6)\n'), Buffer.from(bytes));
    }),
  );
  assert.equal(watch(Buffer.alloc(20_000), request('BzrDir.open', 'late')), null);
});
