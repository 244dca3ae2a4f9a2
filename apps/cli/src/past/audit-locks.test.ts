import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditBody } from '@hatchery/event-feed';
import type { Lock } from '@hatchery/events';
import { audited, withState } from '../../test-support/past.ts';

describe('a broken lock in the audit', () => {
  const holder = {
    childId: 's-1',
    pid: 12719,
    user: 'anna',
    host: 'h',
    command: 'lp-serve',
    since: null,
  };
  const lock: Lock = {
    id: '9bb3',
    kind: 'branch',
    name: '~anna/p/trunk',
    path: '/srv/~anna/p/trunk/.bzr/branch/lock',
    holder,
    condition: 'orphaned',
    waiters: [],
    nonce: 'n',
    reasons: [],
  };
  const breaks: AuditBody[] = [
    {
      kind: 'action.requested',
      actionId: '1',
      actor: 'bo (cli)',
      verb: 'break-lock',
      target: '9bb3',
      reason: 'laptop lid',
      before: lock,
    },
    { kind: 'lock.broken', id: '9bb3', actor: 'bo', before: lock },
    { kind: 'action.done', actionId: '1', outcome: 'broken', after: null },
    {
      kind: 'lock.broken',
      id: 'e68f',
      actor: 'hatchery',
      before: { ...lock, id: 'e68f', name: '~bob/q', path: '/srv/q' },
    },
  ];

  it('names the broken lock, its kind, its holder and what is there afterwards', async () => {
    await withState(async (state, ask) => {
      audited(state, ...breaks);
      const rows = (await ask('audit')).stdout.trimEnd().split('\n').slice(1);
      assert.match(
        rows[0] ?? '',
        /hatchery +lock branch ~bob\/q \(e68f\) broken +- +before: orphaned, of anna pid 12719/,
      );
      assert.match(
        rows[2] ?? '',
        /bo \(cli\) +break-lock branch ~anna\/p\/trunk \(9bb3\) +- +laptop lid \(broken; before: /,
      );
      assert.match(
        rows[2] ?? '',
        /before: orphaned, of anna pid 12719 session s-1; after: free\)$/,
      );
      const [, , told] = JSON.parse((await ask('audit', '--json')).stdout) as {
        before: object;
        after: unknown;
      }[];
      assert.deepEqual([told?.before, told?.after], [lock, null]);
    });
  });

  it('is found by a branch, or by a directory above it, and by no other', async () => {
    await withState(async (state, ask) => {
      audited(state, ...breaks);
      const idsOf = async (branch: string): Promise<unknown[]> =>
        (
          JSON.parse((await ask('audit', '--json', '--branch', branch)).stdout) as {
            id?: string;
            target?: string;
          }[]
        ).map(({ id, target }) => id ?? target);
      assert.deepEqual(await idsOf('~anna/p/trunk'), ['9bb3', '9bb3']);
      assert.deepEqual(await idsOf('~anna/'), ['9bb3', '9bb3']);
      assert.deepEqual(await idsOf('/srv/~anna/p/trunk'), ['9bb3', '9bb3']);
      assert.deepEqual(await idsOf('~bob/q'), ['e68f']);
      assert.deepEqual(await idsOf('~bob/qu'), []);
      assert.match(
        (await ask('audit', '--branch', '~x')).stdout,
        /^no entry about a lock of ~x since /,
      );
      assert.deepEqual(
        (await ask('audit', '--branch=')).said[0]?.slice(0, 24),
        'audit: --branch is empty',
      );
    });
  });
});
