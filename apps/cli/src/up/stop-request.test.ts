import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StopRequest } from './stop-request.ts';

test('an exception that nobody has caught asks for the end, which then fails with it', async () => {
  const said: string[] = [];
  using stop = new StopRequest((line) => void said.push(line));
  const error = new Error('a mistake');
  // The test runner listens too, and would take it for a failure of the test.
  assert.ok(process.listeners('uncaughtException').includes(stop.fail));
  stop.fail(error);
  stop.fail(new Error('another one on the way out'));
  await stop.asked;
  assert.deepEqual([stop.signal.aborted, stop.urgent.aborted, stop.failure], [true, false, error]);
  assert.throws(() => stop.throwIfFailed(), error);
  assert.match(said[0] ?? '', /^a mistake of the supervisor ends the service: Error: a mistake\n/);
});

test('a terminal that is closed asks once, Ctrl-C a second time makes it urgent', () => {
  using stop = new StopRequest(() => undefined);
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  assert.deepEqual([stop.signal.aborted, stop.urgent.aborted], [true, false]);
  process.emit('SIGINT');
  assert.equal(stop.urgent.aborted, true);
  stop.throwIfFailed();
});
