import assert from 'node:assert/strict';
import { it } from 'node:test';
import { exampleChild } from '@hatchery/events/fixtures';
import { findNamedChild, isWholeChildId, NoSuchChildError } from './find-named-child.ts';

const left = exampleChild('ab12cd-t3k9x1-1f9c0000', { pid: 32_152 });
const right = exampleChild('ab12cd-t3k9x2-1f9c1111', { pid: 9001, user: 'bo' });
const other = exampleChild('ffffff-t3k9x2-32152000', { pid: 9002 });
const all = [left, right, other];

it('a child is meant by its id, its pid, and the beginning of its id or of the last part of that', () => {
  for (const text of [left.id, '32152', 'ab12cd-t3k9x1', '1f9c0'])
    assert.equal(findNamedChild(all, text), left, text);
  assert.equal(findNamedChild(all, 'fff'), other);
  // The pid of one is the beginning of another's id: a name comes before a beginning.
  assert.equal(findNamedChild([right, other], '32152'), other);
});

it('what is none, or is too short, finds none; a beginning of a pid is none', () => {
  for (const text of ['', 'ab', '3215', '321520', '0032152', '-32152', '1f9c00001', 'a\nb'])
    assert.equal(findNamedChild([left, right], text), null, text);
});

it('what is several is refused with a list of them', () => {
  const list =
    'ab12cd-t3k9x1-1f9c0000 (pid 32152, anna, bzr serve --inet --directory=/ --allow-writes), ab12cd-';
  for (const text of ['ab12cd', '1f9c'])
    assert.throws(
      () => findNamedChild(all, text),
      (error: Error) => {
        assert.ok(error.message.startsWith(`${text} is 2 children: ${list}`), error.message);
        assert.match(error.message, /\(pid 9001, bo, .*\); say which by its id$/);
        return true;
      },
    );
});

it('a name that is none is said as it was typed, on one line', () => {
  const { message } = new NoSuchChildError('a\nb');
  assert.equal(message, 'there is no child a\\x0ab; hatchery children lists those that run');
  assert.deepEqual(
    [isWholeChildId(left.id), isWholeChildId('ab12cd'), isWholeChildId('32152')],
    [true, false, false],
  );
});
