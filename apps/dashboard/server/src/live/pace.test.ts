import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientBufferBytesMax, clientLagMsMax, usageHeldAboveBytes } from '../limits.ts';
import { pace } from './pace.ts';

const lag = { bufferedBytes: 0, behindSince: null, snapshotBytes: 0 };

test('a browser that keeps up gets everything', () => {
  assert.equal(pace(lag, 0), 'all');
  assert.equal(pace({ ...lag, bufferedBytes: usageHeldAboveBytes }, 0), 'all');
});

test('a browser that falls behind gets events only', () => {
  assert.equal(
    pace({ ...lag, bufferedBytes: usageHeldAboveBytes + 1, behindSince: 0 }, clientLagMsMax),
    'events-only',
  );
});

test('a browser with too much queued is too slow', () => {
  assert.equal(
    pace({ ...lag, bufferedBytes: clientBufferBytesMax + 1, behindSince: 0 }, 1),
    'too-slow',
  );
});

test('a browser that stays behind too long is too slow, however little is queued', () => {
  assert.equal(
    pace({ ...lag, bufferedBytes: usageHeldAboveBytes + 1, behindSince: 0 }, clientLagMsMax + 1),
    'too-slow',
  );
});

test('a large snapshot does not count against the browser it was sent to', () => {
  const snapshotBytes = 4 * clientBufferBytesMax;
  assert.equal(
    pace({ bufferedBytes: snapshotBytes, behindSince: 0, snapshotBytes }, 1),
    'events-only',
  );
});
