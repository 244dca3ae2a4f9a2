import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { childLogCharactersMax, childLogLinesMax, childLogsMax } from '../../limits.ts';
import { ChildLogs } from './child-logs.ts';

const now = new Date(0);

function texts(logs: ChildLogs, id: string): string[] {
  return logs.of(id).lines.map(({ text }) => text);
}

describe('ChildLogs', () => {
  it('keeps what a child logs by lines, each with its time, apart from other children’s', () => {
    const logs = new ChildLogs();
    logs.add('a', 'Traceback:\n  line 1\n', now);
    logs.add('a', 'again\n', new Date(1_000));
    logs.add('b', 'other', now);
    assert.deepEqual(texts(logs, 'a'), ['Traceback:', '  line 1', 'again']);
    assert.deepEqual(logs.of('a').lines.at(-1), { at: '1970-01-01T00:00:01.000Z', text: 'again' });
    assert.equal(logs.of('a').cut, false);
    assert.deepEqual(texts(logs, 'b'), ['other']);
  });

  it('has nothing of a child that logged nothing', () => {
    assert.deepEqual(new ChildLogs().of('a'), { lines: [], cut: false });
  });

  it('keeps the last lines, and says that there were more', () => {
    const logs = new ChildLogs();
    for (let line = 0; line <= childLogLinesMax; line += 1) logs.add('a', `${line}\n`, now);
    assert.equal(texts(logs, 'a').length, childLogLinesMax);
    assert.equal(texts(logs, 'a')[0], '1');
    assert.equal(logs.of('a').cut, true);
    logs.add('a', 'last', now);
    assert.equal(logs.of('a').cut, true);
  });

  it('keeps the end of what is longer than a tail, in one line or in many', () => {
    for (const text of [
      `${'x'.repeat(10 * childLogCharactersMax)}end`,
      `${'x'.repeat(200)}\n`.repeat(40) + 'end',
    ]) {
      const logs = new ChildLogs();
      logs.add('a', text, now);
      const kept = texts(logs, 'a').join('');
      assert.equal(kept.length, childLogCharactersMax);
      assert.ok(kept.endsWith('xend'));
      assert.equal(logs.of('a').cut, true);
    }
  });

  it('forgets the child that has been silent for longest when there are too many', () => {
    const logs = new ChildLogs();
    for (let child = 0; child < childLogsMax; child += 1) logs.add(`c${child}`, 'x', now);
    logs.add('c0', 'y', now);
    logs.add('new', 'x', now);
    assert.deepEqual(texts(logs, 'c0'), ['x', 'y']);
    assert.deepEqual(texts(logs, 'c1'), []);
    assert.deepEqual(texts(logs, 'c2'), ['x']);
  });
});
