import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultSort, type SortKey } from '../store/order.ts';
import { formatAddress, parseAddress } from './address.ts';

const parse = (address: string) => {
  const url = new URL(`http://page${address}`);
  return parseAddress(url.pathname, url.search);
};

test('the bare address is the whole table, oldest first', () => {
  assert.deepEqual(parse('/'), { filter: '', sort: defaultSort, childId: null });
  assert.equal(formatAddress({ filter: '', sort: defaultSort, childId: null }), '/');
});

test('a link shows another person the same picture', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom<SortKey>('cpu', 'age', 'user'),
      fc.boolean(),
      // A path of dots alone means another path to every browser; ids of children are never that.
      fc.option(fc.string({ minLength: 1 }).filter((id) => !/^\.{1,2}$/.test(id))),
      (filter, key, descending, childId) => {
        const address = { filter, sort: { key, descending }, childId };
        assert.deepEqual(parse(formatAddress(address)), address);
      },
    ),
  );
});

for (const address of [
  '/?sort=nonsense',
  '/?sort=',
  '/?sort=-',
  '/?sort=constructor',
  '/children/',
  '/children/a/b',
  '/children/%E0%A4%A',
  '/other',
]) {
  test(`${address} counts as the bare one`, () => assert.deepEqual(parse(address), parse('/')));
}
