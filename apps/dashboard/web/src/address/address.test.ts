import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultSort, type SortKey } from '../store/order.ts';
import { childrenViews } from '../store/filter.ts';
import { formatAddress, parseAddress, type PageAddress } from './address.ts';

const parse = (address: string) => {
  const url = new URL(`http://page${address}`);
  return parseAddress(url.pathname, url.search);
};

const bare: PageAddress = {
  page: 'live',
  childId: null,
  lockId: null,
  filter: '',
  sort: defaultSort,
  view: 'all',
  locksAs: 'table',
  past: {},
};

test('the bare address is the whole table, oldest first', () => {
  assert.deepEqual(parse('/'), bare);
  assert.equal(formatAddress(bare), '/');
});

test('a link shows a colleague the same view', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom<SortKey>('cpu', 'age', 'user'),
      fc.boolean(),
      // Browsers resolve a path of dots to another path. Ids of children are never dots alone.
      fc.option(fc.string({ minLength: 1 }).filter((id) => !/^\.{1,2}$/.test(id))),
      fc.constantFrom(...childrenViews),
      fc.boolean(),
      (filter, key, descending, id, view, tree) => {
        const open = descending ? { childId: id } : { lockId: id };
        const locksAs = tree ? 'tree' : 'table';
        const address = {
          ...bare,
          filter,
          sort: { key, descending },
          view,
          locksAs,
          ...open,
        } as const;
        assert.deepEqual(parse(formatAddress(address)), address);
      },
    ),
  );
});

test('the address narrows the past by known words only', () => {
  const address = parse('/history?range=1h&user=anna&evil=1&q=');
  assert.deepEqual(address, { ...bare, page: 'history', past: { range: '1h', user: 'anna' } });
  assert.equal(formatAddress(address), '/history?range=1h&user=anna');
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
  '/locks/',
  '/?view=odd&locks=odd',
]) {
  test(`${address} counts as the bare one`, () => assert.deepEqual(parse(address), parse('/')));
}
