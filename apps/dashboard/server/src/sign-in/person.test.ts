import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubtfulGroup, personOf } from './person.ts';

const roles = {
  admins: ['group:ops'],
  operators: ['group:/support', 'group:Domain Users'],
  viewers: [],
};

test('a leading slash, as Keycloak has it, is no part of a group, on either side', () => {
  assert.equal(personOf({ name: 'anna', groups: ['/ops'] }, roles)?.role, 'admin');
  assert.equal(personOf({ name: 'anna', groups: ['support'] }, roles)?.role, 'operator');
  assert.equal(
    personOf({ name: 'anna', groups: ['/a/ops'] }, roles)?.role,
    'viewer',
    'another group',
  );
});

test('groups that are separated by something else are in doubt, where one of them has a role', () => {
  for (const group of ['ops|users', 'users ops', 'users; /ops', '/support|x'])
    assert.equal(doubtfulGroup(['x', group], roles), group);
  for (const group of ['ops', 'Domain Users', 'not oops', 'a|b'])
    assert.equal(doubtfulGroup([group], roles), undefined);
});
