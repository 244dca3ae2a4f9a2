import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Admission } from './admission.ts';

const options = {
  startupsMax: { start: 2, ratePercent: 100, full: 2 },
  startupsPerSourceMax: 1,
  isExempt: (address: string): boolean => address === 'exempt',
  random: (): number => 0,
};

test('who has signed in does not count as starting up, and who has left does not count at all', () => {
  const admission = new Admission(options);
  const first = admission.enter('a');
  assert.equal(admission.refusal('a', 'a'), 'startups-per-source');
  first.signedIn();
  assert.equal(admission.refusal('a', 'a'), null);
  admission.enter('a');
  admission.enter('b');
  first.left();
  assert.equal(admission.refusal('c', 'c'), 'startups');
  assert.equal(admission.refusal('a', 'a'), 'startups-per-source');
});

test('an exempt source still counts with all others', () => {
  const admission = new Admission(options);
  admission.enter('exempt');
  assert.equal(admission.refusal('exempt', 'exempt'), null);
  admission.enter('exempt');
  assert.equal(admission.refusal('exempt', 'exempt'), 'startups');
});

test('whatever the order, the counts come back to nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.boolean(), fc.boolean())),
      (comings) => {
        const admission = new Admission(options);
        const places = comings.map(([source, signsIn, twice]) => ({
          ...admission.enter(source),
          signsIn,
          twice,
        }));
        for (const { signedIn, signsIn, twice } of places) {
          if (signsIn) signedIn();
          if (signsIn && twice) signedIn();
        }
        assert.equal(admission.unauthenticated, comings.filter(([, signsIn]) => !signsIn).length);
        for (const { left } of places) left();
        assert.deepEqual([admission.unauthenticated, admission.refusal('a', 'a')], [0, null]);
      },
    ),
  );
});
