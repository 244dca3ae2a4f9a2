import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { historyStream } from './history.ts';

const small = { seed: 1, revisions: 5, files: 10 };

describe('the history of the sample branch', () => {
  it('is the same for the same seed, and different for another', () => {
    assert.equal(historyStream(small), historyStream(small));
    assert.notEqual(historyStream(small), historyStream({ ...small, seed: 2 }));
  });

  it('holds the requested files and revisions, each revision on the one before', () => {
    const stream = historyStream(small);
    const first = stream.slice(0, stream.indexOf('mark :2\n'));
    assert.equal(new Set(first.match(/^M 100644 inline .*$/gm)).size, 10);
    assert.deepEqual(stream.match(/^mark :\d+$/gm), [
      'mark :1',
      'mark :2',
      'mark :3',
      'mark :4',
      'mark :5',
    ]);
    assert.deepEqual(stream.match(/^from :\d+$/gm), ['from :1', 'from :2', 'from :3', 'from :4']);
  });

  it('gives each file as many bytes as it announces', () => {
    const stream = historyStream(small);
    const files = [...stream.matchAll(/^M 100644 inline .*\ndata (\d+)\n/gm)];
    assert.ok(files.length > 10);
    for (const { 0: head, 1: bytes, index } of files) {
      assert.match(stream.slice(index + head.length + Number(bytes)), /^\n(M |commit |$)/);
    }
  });
});
