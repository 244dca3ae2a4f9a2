import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { StartError } from '@hatchery/daemon';
import { readAudit, type AuditEntry } from '@hatchery/event-feed';
import { until } from '@hatchery/testkit';
import { makeKey, serveLine } from '../testing/clients.ts';
import { ask, controlOf } from '../testing/control.ts';
import { RecordingLog } from '../testing/recording-log.ts';
import { Stand } from '../testing/stand.ts';
import { createGateway } from './gateway.ts';

/** Oldest first. */
function auditOf(stand: Stand): AuditEntry[] {
  const directory = join(stand.directory, 'audit');
  return [...readAudit({ directory, since: new Date(0), damaged: assert.fail })].toReversed();
}

function kindsOf(stand: Stand): string[] {
  return auditOf(stand).map(({ kind }) => kind);
}

for (const workers of [1, 2]) {
  test(`the audit tells who was let in, who was not, and each session, with ${workers} worker(s)`, async () => {
    await using stand = await Stand.open({ ssh: { workers } });
    stand.forks.script = 'cat; exit 3';
    await stand.ssh([serveLine], 'four');
    await stand.ssh(['rm -rf /'], '');
    const wrong = makeKey(stand.directory, 'wrong');
    await stand.ssh([serveLine], '', ['-o', `IdentityFile=${wrong}`, '-l', 'nobody']);
    // A balancer that looks whether the port is open is no attempt.
    connect(stand.port, '127.0.0.1').resume().end();
    await ask(controlOf(stand), '/v1/drain', { actor: 'ops', reason: 'a test' });
    await stand.ssh([serveLine], '');
    const wanted = [
      'sign-in.accepted',
      'session.closed',
      'sign-in.accepted',
      'session.refused',
      'sign-in.refused',
    ];
    await until('all of it', () => auditOf(stand).length >= wanted.length + 3);
    assert.deepEqual(
      kindsOf(stand).toSorted(),
      [...wanted, 'action.requested', 'action.done', 'connection.refused'].toSorted(),
    );
    const entries = auditOf(stand);
    const one = <K extends AuditEntry['kind']>(kind: K): Extract<AuditEntry, { kind: K }> =>
      entries.find((entry) => entry.kind === kind) as Extract<AuditEntry, { kind: K }>;
    const session = one('session.closed');
    assert.deepEqual(
      [session.user, session.exit, session.reason, session.bytes, session.branch],
      ['alice', 3, 'finished', { in: 4, out: 4, err: 0 }, null],
    );
    assert.match(session.fingerprint, /^SHA256:/);
    assert.ok(session.pid > 0 && session.lastedMs >= 0 && Number(session.phasesMs['auth']) > 0);
    assert.equal(one('sign-in.accepted').fingerprint, session.fingerprint);
    const refused = one('session.refused');
    assert.deepEqual([refused.reason, refused.request], ['unknown-program', 'rm -rf /']);
    assert.deepEqual(
      [one('sign-in.refused').user, one('connection.refused').reason],
      ['nobody', 'draining'],
    );
    assert.notEqual(one('sign-in.refused').reason, '');
    assert.equal(one('action.requested').actor, 'ops');
    assert.equal(statSync(join(stand.directory, 'audit')).mode & 0o777, 0o700);
  });
}

test('a gateway that cannot write its audit does not start', async () => {
  await using stand = await Stand.open();
  const stateDirectory = join(stand.directory, 'elsewhere');
  writeFileSync(stateDirectory, '');
  const config = { ...stand.config, stateDirectory };
  const start = createGateway(
    { config, log: new RecordingLog().logger },
    { nativeCryptoLoaded: () => true },
  );
  await assert.rejects(start, (error) => {
    assert.ok(error instanceof StartError);
    assert.match(
      error.message,
      /^cannot write the audit in .*elsewhere\/audit: .*; make it writable$/,
    );
    return true;
  });
});
