import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandHints } from './command-hints.ts';

describe('a command that a message advises', () => {
  const hint = commandHints(['--config', '/srv/my own.toml']);
  const options = `--config '/srv/my own.toml'`;

  for (const [text, expected] of [
    [
      'it runs already (pid 7); hatchery stop ends it',
      `it runs already (pid 7); hatchery stop ${options} ends it`,
    ],
    ['./hatchery user add NAME --key FILE', `./hatchery user add ${options} NAME --key FILE`],
    ['hatchery restart --now stops it first', `hatchery restart ${options} --now stops it first`],
    ['hatchery break-lock l1 --reason TEXT', `hatchery break-lock ${options} l1 --reason TEXT`],
    ['hatchery stop; hatchery start', `hatchery stop ${options}; hatchery start ${options}`],
    ['hatchery start --config /etc/x.toml', 'hatchery start --config /etc/x.toml'],
  ] as const) {
    it(`has the options of whoever reads it: ${text}`, () => assert.equal(hint(text), expected));
  }

  it('is only that: names of files, other words and other commands stay', () => {
    const texts = [
      '/opt/hatchery stop',
      'hatchery is up',
      'hatchery help start',
      'my-hatchery stop',
      'hatchery starts',
    ];
    for (const text of texts) assert.equal(hint(text), text);
    assert.equal(commandHints([])('hatchery stop'), 'hatchery stop');
  });
});
