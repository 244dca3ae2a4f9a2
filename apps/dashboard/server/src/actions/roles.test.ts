import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '@hatchery/config';
import type { Role } from '@hatchery/events';
import { until } from '@hatchery/testkit';
import { origin, startBehindProxy } from '../../test-support/behind-proxy.ts';
import { aChild } from '../../test-support/fake-forker.ts';
import { aLock } from '../../test-support/locks.ts';

const { proxy } = loadConfig({ directory: '/nowhere' }).dashboard;
const users = { viewer: 'anna', operator: 'bo', admin: 'chidi' } as const;
const ranked: readonly Role[] = ['viewer', 'operator', 'admin'];

const signal = { reason: 'r', pid: 4_000_001, startTime: 123_456 };
const lock = (id: string, force = false): object => ({ reason: 'r', nonce: `nonce-${id}`, force });

/** Every verb there is, the least role that may do it, and what the forker then answers. */
const verbs: readonly (readonly [string, string, object, Role, number])[] = [
  ['TERM', '/api/children/c1/signal', { ...signal, signal: 'TERM' }, 'operator', 202],
  ['KILL', '/api/children/c1/signal', { ...signal, signal: 'KILL' }, 'admin', 202],
  ['breaking a stale lock', '/api/locks/stale/break', lock('stale'), 'operator', 202],
  ['breaking an orphaned lock', '/api/locks/orphaned/break', lock('orphaned'), 'operator', 202],
  ['breaking a stale lock by force', '/api/locks/stale/break', lock('stale', true), 'admin', 202],
  ['breaking under a living holder', '/api/locks/held/break', lock('held', true), 'admin', 202],
  ['ending a living holder, then breaking', '/api/locks/held/break', lock('held'), 'admin', 202],
  [
    'breaking a lock of which nobody knows, without force',
    '/api/locks/unknown/break',
    lock('unknown'),
    'admin',
    409,
  ],
  [
    'breaking a lock of which nobody knows',
    '/api/locks/unknown/break',
    lock('unknown', true),
    'admin',
    202,
  ],
  ['drain', '/api/drain', { reason: 'r' }, 'admin', 202],
  ['undrain', '/api/undrain', { reason: 'r' }, 'admin', 202],
];

for (const [name, path, body, least, answered] of verbs)
  for (const role of ranked) {
    const may = ranked.indexOf(role) >= ranked.indexOf(least);
    test(`${name} by a ${role} is ${may ? 'taken to the forker' : 'refused here'}`, async () => {
      const roles = { admins: [users.admin], operators: [users.operator], viewers: [] };
      await using here = await startBehindProxy({
        auth: 'proxy',
        roles,
        proxy: { ...proxy, from: ['127.0.0.1'] },
      });
      const headers = {
        'x-forwarded-user': users[role],
        origin,
        'content-type': 'application/json',
      };
      const visitor = here.visitor();
      here.forker.publish({ kind: 'child.spawned', child: aChild('c1') });
      for (const condition of ['stale', 'orphaned', 'held', 'unknown'] as const)
        here.forker.publish({ kind: 'lock.acquired', lock: aLock(condition, { condition }) });
      await until('the locks are known', async () => {
        const { text } = await visitor.visit(`${origin}/api/state`, { headers });
        return (JSON.parse(text) as { locks: unknown[] }).locks.length === 4;
      });
      const { status, text } = await visitor.visit(`${origin}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      assert.equal(status, may ? answered : 403, text);
      if (!may) assert.match(text, new RegExp(`needs the role ${least}; you are ${role}\\.`));
      assert.deepEqual(
        here.forker.asked.map((asked) => asked.body['actor']),
        may ? [users[role]] : [],
      );
    });
  }
