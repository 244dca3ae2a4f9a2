import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialFeed, type AuditBody } from '@hatchery/event-feed';
import type { Event, EventBody } from '@hatchery/events';
import { exampleLock } from '@hatchery/events/fixtures';
import { until } from '@hatchery/testkit';
import { makeKey, serveLine } from '../../testing/clients.ts';
import { ask, controlOf } from '../../testing/control.ts';
import { Stand } from '../../testing/stand.ts';
import { Refusals, refusalLimits } from './refusals.ts';

const limits = {
  ...refusalLimits,
  toldPerSourceMax: 3,
  publishedPerSourceMax: 2,
  publishedMax: 5,
  sourcesMax: 6,
  namedMax: 2,
};

function bench(): { audited: AuditBody[]; published: EventBody[]; refusals: Refusals } {
  const [audited, published]: [AuditBody[], EventBody[]] = [[], []];
  const readers = {
    audit: (entry: AuditBody) => void audited.push(entry),
    publish: (event: EventBody) => void published.push(event),
  };
  return { audited, published, refusals: new Refusals({ ...readers, limits }) };
}

const connection = (peer: string): AuditBody => ({
  kind: 'connection.refused',
  peer,
  reason: 'startups',
});
const signIn = (peer: string, user = 'root'): AuditBody => ({
  kind: 'sign-in.refused',
  user,
  peer,
  fingerprint: null,
  reason: 'unknown key',
});
const session = (user: string, peer: string): AuditBody => ({
  kind: 'session.refused',
  user,
  peer,
  reason: 'unknown-program',
  request: 'rm',
});

const times = (count: number, work: (number: number) => void): void => {
  for (let number = 0; number < count; number += 1) work(number);
};

test('the first refusals of a source are reported singly, and the rest by their number', () => {
  const { audited, published, refusals } = bench();
  times(10, (port) => refusals.take(signIn(`192.0.2.1:${1000 + port}`)));
  assert.deepEqual([audited.length, published.length], [3, 2]);
  refusals[Symbol.dispose]();
  assert.deepEqual(audited.slice(3), [
    { kind: 'audit.missing', count: 7, reason: 'more refusals within a minute, of 192.0.2.1' },
  ]);
  assert.deepEqual(published, [
    ...[0, 1].map((port) => ({
      kind: 'session.refused',
      user: null,
      peer: `192.0.2.1:${1000 + port}`,
      reason: 'sign-in as "root": unknown key',
    })),
    { kind: 'session.refused', user: null, peer: '192.0.2.1', reason: '8 more within a minute' },
  ]);
});

test('a scanner hides no other source, and an IPv6 network counts as one source', () => {
  const { audited, refusals } = bench();
  times(100, (host) => refusals.take(connection(`[2001:db8::${host.toString(16)}]:22`)));
  refusals.take(connection('[2001:db8:0:1::1]:22'));
  refusals.take(session('alice', '[2001:db8::1]:22'));
  assert.equal(audited.length, 3 + 2);
  refusals[Symbol.dispose]();
  assert.deepEqual(audited.at(-1), {
    kind: 'audit.missing',
    count: 97,
    reason: 'more refusals within a minute, of 2001:db8:0:0::/64',
  });
});

test('a user’s broken script counts against the user, wherever it runs', () => {
  const { published, refusals } = bench();
  times(9, (host) => refusals.take(session('bob', `192.0.2.${host}:22`)));
  refusals[Symbol.dispose]();
  assert.equal(published.length, 3);
  assert.deepEqual(published[0], {
    kind: 'session.refused',
    user: 'bob',
    peer: '192.0.2.0:22',
    reason: 'unknown-program',
  });
  assert.deepEqual(published[2], {
    kind: 'session.refused',
    user: null,
    peer: 'bob',
    reason: '7 more within a minute',
  });
});

test('the feed has a limit for all sources together, and every refusal beyond it is counted', () => {
  const { published, audited, refusals } = bench();
  times(50, (host) => times(4, () => refusals.take(connection(`192.0.2.${host}:1`))));
  assert.equal(published.length, 5);
  refusals[Symbol.dispose]();
  const counts = published
    .slice(5)
    .flatMap((event) => (event.kind === 'session.refused' ? [event] : []));
  assert.deepEqual([counts.length, counts.at(-1)?.peer], [3, 'other sources']);
  const sum = counts.reduce((total, { reason }) => total + Number.parseInt(reason, 10), 0);
  assert.equal(sum, 200 - 5);
  // Six sources of three, the others as one of three; the rest as numbers.
  const kept = audited.filter(({ kind }) => kind === 'connection.refused').length;
  const missing = audited.reduce(
    (total, entry) => total + (entry.kind === 'audit.missing' ? entry.count : 0),
    0,
  );
  assert.deepEqual([kept, missing], [21, 200 - 21]);
});

test('after a minute the count restarts, without another refusal', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { published, refusals } = bench();
  times(4, () => refusals.take(connection('192.0.2.1:1')));
  context.mock.timers.tick(limits.windowMs);
  assert.equal(published.length, 3);
  refusals.take(connection('192.0.2.1:1'));
  assert.equal(published.length, 4);
  context.mock.timers.tick(limits.windowMs);
  assert.equal(published.length, 4);
});

test('granted requests and actions are always reported, however frequent', () => {
  const { audited, published, refusals } = bench();
  times(500, () =>
    refusals.take({ kind: 'lock.broken', id: 'l', actor: 'bo', before: exampleLock('l') }),
  );
  assert.deepEqual([audited.length, published.length], [500, 0]);
});

for (const workers of [1, 2]) {
  test(`refused sign-ins and connections are on the feed, with ${workers} worker(s)`, async () => {
    await using stand = await Stand.open({ ssh: { workers } });
    const events: Event[] = [];
    await using _feed = dialFeed(controlOf(stand).socketPath, {
      message: (message) => message.type === 'event' && events.push(message.event),
      connection: () => {},
    });
    const wrong = makeKey(stand.directory, 'wrong');
    await stand.ssh([serveLine], '', ['-o', `IdentityFile=${wrong}`, '-l', 'nobody']);
    await stand.ssh(['rm'], '');
    await ask(controlOf(stand), '/v1/drain', { actor: 'ops', reason: 'a test' });
    await stand.ssh([serveLine], '');
    const refused = (): string[] =>
      events.flatMap((event) =>
        event.kind === 'session.refused' ? [`${event.user}: ${event.reason}`] : [],
      );
    await until('all three', () => refused().length >= 3);
    const wanted = [
      'null: sign-in as "nobody": unknown key',
      'alice: unknown-program',
      'null: draining',
    ];
    assert.deepEqual(refused().toSorted(), wanted.toSorted());
  });
}
