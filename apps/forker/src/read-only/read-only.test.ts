import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadConfig, readOnlyDirectory, readOnlyPath, type Config } from '@hatchery/config';
import type { Event } from '@hatchery/events';
import { temporaryDirectory, type TemporaryDirectory } from '@hatchery/testkit';
import { ServiceBench } from '../children/forking/service.test-support.ts';
import { answerReadOnlyRequest } from './read-only-request.ts';
import { ReadOnlySwitch } from './read-only-switch.ts';

const [then, later] = [new Date('2026-05-01T10:00:00Z'), new Date('2026-05-01T11:00:00Z')];

function configIn(directory: TemporaryDirectory, readOnly = false): Config {
  const config = loadConfig({ directory: directory.path, stateDirectory: directory.path });
  return { ...config, hosting: { ...config.hosting, readOnly } };
}

describe('the read-only switch', () => {
  it('is one file that every session can read, replaced whole, and outlives its process', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory);
    const readOnly = new ReadOnlySwitch(config);
    assert.equal(readOnly.state, null);
    readOnly.turnOn('disks', 'ops', then);
    assert.equal(statSync(readOnlyPath(config)).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(readOnlyDirectory(config)), ['read-only.json']);
    const next = new ReadOnlySwitch(config);
    next.restore(later);
    assert.deepEqual(next.state, { reason: 'disks', since: then.toISOString(), actor: 'ops' });
    next.turnOff();
    next.turnOff();
    assert.equal(readOnly.state, null);
  });

  it('takes a better reason and keeps its start time', () => {
    using directory = temporaryDirectory();
    const readOnly = new ReadOnlySwitch(configIn(directory));
    readOnly.turnOn('disks', 'ops', then);
    readOnly.turnOn('more disks', 'dev', later);
    assert.deepEqual(readOnly.state, {
      reason: 'more disks',
      since: then.toISOString(),
      actor: 'dev',
    });
  });

  it('follows the configuration both ways, and leaves an operator’s switch alone', () => {
    using directory = temporaryDirectory();
    const configured = new ReadOnlySwitch(configIn(directory, true));
    configured.restore(then);
    assert.equal(configured.state?.actor, 'hatchery.toml');
    const taken = new ReadOnlySwitch(configIn(directory));
    taken.restore(later);
    assert.deepEqual(taken.state, null);
    taken.turnOn('disks', 'ops', then);
    configured.restore(later);
    taken.restore(later);
    assert.deepEqual(taken.state, { reason: 'disks', since: then.toISOString(), actor: 'ops' });
  });

  it('counts a damaged file as on, as sessions do', () => {
    using directory = temporaryDirectory();
    const config = configIn(directory);
    mkdirSync(readOnlyDirectory(config));
    writeFileSync(readOnlyPath(config), '{"rea');
    const readOnly = new ReadOnlySwitch(config);
    assert.match(readOnly.state?.reason ?? '', /read-only\.json cannot be read$/);
    writeFileSync(readOnlyPath(config), '{"format":2,"reason":"disks"}');
    assert.match(
      readOnly.state?.reason ?? '',
      /read-only\.json is a record of the read-only mode of version 2; .*hatchery read-only on or off/,
    );
    rmSync(readOnlyPath(config));
    mkdirSync(readOnlyPath(config));
    assert.match(readOnly.state?.reason ?? '', /cannot be read$/);
  });
});

/** Sends requests to one switch, and returns what the audit recorded. */
function bench(
  config: Config,
): { ask: (body: object) => unknown; audit: unknown[]; readOnly: ReadOnlySwitch } & Disposable {
  const service = new ServiceBench();
  const readOnly = new ReadOnlySwitch(config);
  const audit: unknown[] = [];
  const subscription = service.events.subscribe(null, (message) => {
    if (message.type === 'event') audit.push(told(message.event));
  });
  return {
    readOnly,
    audit,
    ask: (body) => {
      const given = { actor: 'ops', reason: 'disks', ...body };
      const { status, body: answer } = answerReadOnlyRequest(
        { ...service, events: service.events, log: service.log, readOnly },
        given,
      );
      return status === 202
        ? [202, (answer as { outcome: string }).outcome]
        : [status, (answer as { error: string }).error];
    },
    [Symbol.dispose]: () => {
      subscription[Symbol.dispose]();
      service[Symbol.dispose]();
    },
  };
}

function told(event: Event): unknown {
  if (event.kind === 'action.requested')
    return [event.actor, event.verb, event.target, event.reason];
  return event.kind === 'action.done' ? event.outcome : event.kind;
}

describe('a request to switch read-only', () => {
  it('is done, with the intent audited before and the outcome after', () => {
    using directory = temporaryDirectory();
    using stand = bench(configIn(directory));
    assert.deepEqual(stand.ask({ on: true }), [202, 'done']);
    assert.equal(stand.readOnly.state?.reason, 'disks');
    assert.deepEqual(stand.ask({ on: false, reason: 'moved' }), [202, 'done']);
    assert.equal(stand.readOnly.state, null);
    assert.deepEqual(stand.audit, [
      ['ops', 'read-only on', 'hosting', 'disks'],
      'done',
      ['ops', 'read-only off', 'hosting', 'moved'],
      'done',
    ]);
  });

  it('is refused without on or off, or with a reason unfit for users’ terminals', () => {
    using directory = temporaryDirectory();
    using stand = bench(configIn(directory));
    for (const on of [undefined, 'yes', 1, null])
      assert.deepEqual(stand.ask({ on }), [400, 'on takes true or false']);
    for (const reason of ['two\nlines', '\u001b[2J', 'a\u202eb', 'x'.repeat(201)])
      assert.deepEqual(stand.ask({ on: true, reason }), [
        400,
        'the reason is shown to users: one line of at most 200 characters',
      ]);
    assert.deepEqual([stand.readOnly.state, stand.audit], [null, []]);
  });

  it('does not override the configuration', () => {
    using directory = temporaryDirectory();
    using stand = bench(configIn(directory, true));
    stand.readOnly.restore(then);
    assert.deepEqual(stand.ask({ on: false }), [
      409,
      'hosting.read_only is set in hatchery.toml: take it out there and restart the fork service',
    ]);
    assert.notEqual(stand.readOnly.state, null);
  });

  it('reports that the disk could not be written, also in the audit', () => {
    using directory = temporaryDirectory();
    using stand = bench({ ...configIn(directory), stateDirectory: '/proc/none' });
    const [status, error] = stand.ask({ on: true }) as [number, string];
    assert.equal(status, 500);
    assert.match(error, /ENOENT/);
    assert.match(
      String(stand.audit.at(-1)),
      /^failed: cannot make \/proc\/none\S*: nothing can be made there \(ENOENT\)/,
    );
  });
});
