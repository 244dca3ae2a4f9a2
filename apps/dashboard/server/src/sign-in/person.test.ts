import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubtfulGroup, personOf } from './person.ts';

const roles = {
  admins: ['group:ops'],
  operators: ['group:/support', 'group:Domain Users'],
  viewers: [],
};

test('a leading slash, as in Keycloak, does not belong to a group’s name, on either side', () => {
  assert.equal(personOf({ name: 'anna', groups: ['/ops'] }, roles)?.role, 'admin');
  assert.equal(personOf({ name: 'anna', groups: ['support'] }, roles)?.role, 'operator');
  assert.equal(
    personOf({ name: 'anna', groups: ['/a/ops'] }, roles)?.role,
    'viewer',
    'another group',
  );
});

test('groups separated by something other than commas are rejected when one of them has a role', () => {
  for (const group of ['ops|users', 'users ops', 'users; /ops', '/support|x'])
    assert.equal(doubtfulGroup(['x', group], roles), group);
  for (const group of ['ops', 'Domain Users', 'not oops', 'a|b'])
    assert.equal(doubtfulGroup([group], roles), undefined);
});
