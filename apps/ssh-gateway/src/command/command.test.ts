import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideCommand, type RefusalReason } from './command.ts';

const decide = (line: string): ReturnType<typeof decideCommand> =>
  decideCommand(line, 'alice', 8192);

for (const line of [
  'bzr serve --inet --directory=/ --allow-writes',
  'brz serve --inet --directory=/ --allow-writes',
  'bzr serve --allow-writes --directory=/ --inet',
  'bzr  serve --inet --directory / --allow-writes ',
  'bzr serve -d / --inet --allow-writes',
  'bzr serve --inet -d/ --allow-writes',
  'bzr serve --inet --allow-writes --directory /',
  "'bzr' serve --inet '--directory=/' \"--allow-writes\"",
  '/opt/breezy\\ 3/bin/brz serve --inet --directory=/ --allow-writes',
  '~/bin/bzr serve --inet --directory=/ --allow-writes',
]) {
  test(`served: ${line}`, () => {
    assert.deepEqual(decide(line), { kind: 'serve', command: ['lp-serve', '--inet', 'alice'] });
  });
}

const refusals: readonly (readonly [string, RefusalReason])[] = [
  ['', 'unknown-program'],
  ['rm -rf /', 'unknown-program'],
  ['sh -c "bzr serve --inet --directory=/ --allow-writes"', 'unknown-program'],
  ['bzrx serve --inet --directory=/ --allow-writes', 'unknown-program'],
  ['bzr/x serve --inet --directory=/ --allow-writes', 'unknown-program'],
  ['launchpad-replay', 'unknown-program'],
  ['bzr', 'unknown-subcommand'],
  ['bzr rocks', 'unknown-subcommand'],
  ['bzr lp-serve --inet bob', 'unknown-subcommand'],
  ['bzr serve', 'unknown-form'],
  ['bzr serve --inet --directory=/', 'unknown-form'],
  ['bzr serve --inet --directory=/ --allow-writes --port=1', 'unknown-form'],
  ['bzr serve --inet --inet --directory=/ --allow-writes', 'unknown-form'],
  ['bzr serve --inet --directory=/etc --allow-writes', 'unknown-form'],
  ['bzr serve --inet --allow-writes --directory', 'unknown-form'],
  ['bzr serve --inet --allow-writes -d', 'unknown-form'],
  ['bzr serve --inet --allow-writes -d/etc', 'unknown-form'],
  ['bzr serve --inet --allow-writes -d=/', 'unknown-form'],
  ['bzr serve --inet --allow-writes -d/ --directory=/', 'unknown-form'],
  ['bzr serve "--inet --directory=/" --allow-writes', 'unknown-form'],
  ['bzr serve --inet --directory=/ --allow-writes; id', 'unknown-form'],
  ['bzr serve --inet --directory=/ --allow-writes && id', 'unknown-form'],
  ['bzr serve --inet --directory=$HOME --allow-writes', 'unknown-form'],
  ["bzr serve --inet --directory=/ '--allow-writes", 'unbalanced-quotes'],
  ['bzr serve --inet --directory=/ --allow-writes \\', 'unbalanced-quotes'],
  ['bzr serve --inet --directory=/ --allow-writes\nid', 'not-text'],
  ['bzr serve --inet --directory=/ --allow-writes\0', 'not-text'],
  ['bzr serve --inet --directory=/ --allow-writes \ufffd', 'not-text'],
  [`bzr ${'x'.repeat(8192)}`, 'too-long'],
  [`bzr ${'é'.repeat(4096)}`, 'too-long'],
];

for (const [line, reason] of refusals) {
  test(`refused as ${reason}: ${JSON.stringify(line.slice(0, 70))}`, () => {
    const decision = decide(line);
    assert.equal(decision.kind, 'refused');
    assert.equal(decision.kind === 'refused' && decision.reason, reason);
    // Every refusal says what to do instead.
    assert.match(
      decision.kind === 'refused' ? decision.line : '',
      /; use: brz branch bzr\+ssh:\/\/…$/,
    );
  });
}

test('no word of a request reaches the child, and a refusal is one short line without terminal controls', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map((rest) => `bzr serve ${rest}`),
      ),
      (line) => {
        const decision = decide(line);
        if (decision.kind === 'serve')
          assert.deepEqual(decision.command, ['lp-serve', '--inet', 'alice']);
        else assert.match(decision.line, /^hatchery: [^\p{Cc}\p{Cf}]{1,300}$/u);
      },
    ),
  );
});
