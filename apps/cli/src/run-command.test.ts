import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '@hatchery/testkit';
import { commands } from './commands.ts';
import { hatchery } from '../test-support/terminal.ts';

describe('the command line', () => {
  it('lists every command without words, and tells of each', async () => {
    const overview = await hatchery();
    assert.equal(overview.code, 0);
    assert.ok(overview.stdout.split('\n').every(({ length }) => length <= 110));
    for (const { name, summary } of commands) {
      assert.ok(overview.stdout.includes(`  ${name}`), name);
      const help = await hatchery(name, '--help');
      assert.deepEqual([help.code, help.said], [0, []]);
      assert.ok(
        help.stdout.startsWith(`usage: hatchery ${name}`) && help.stdout.includes(summary),
        name,
      );
      assert.equal((await hatchery('help', name)).stdout, help.stdout);
    }
  });

  it('suggests what was meant by an unknown command', async () => {
    for (const words of [['statsu'], ['help', 'statsu']]) {
      const { code, said, stdout } = await hatchery(...words);
      assert.deepEqual(
        [code, said, stdout],
        [2, ["there is no command 'statsu'; did you mean status?"], ''],
      );
    }
    assert.deepEqual((await hatchery('frobnicate')).said, [
      "there is no command 'frobnicate'; hatchery help lists them",
    ]);
  });

  const wrong: readonly (readonly [words: readonly string[], line: string])[] = [
    [['status', '--jsn'], 'status: there is no option --jsn; did you mean --json?'],
    [['status', '-x'], 'status: there is no option -x'],
    [['status', 'all'], "status: 'all' is one word too many"],
    [['status', '--json=yes'], 'status: --json takes no value'],
    [['kill'], 'kill: CHILD is missing'],
    [['kill', 'a', '--reason'], 'kill: --reason needs a value'],
    [['kill', 'a'], 'kill: --reason TEXT is missing: it goes into the audit'],
    [['kill', 'a', '--reason', ' '], 'kill: --reason TEXT is missing: it goes into the audit'],
    [
      ['kill', 'a', '--reason', 'b', '--signal', 'TREM'],
      "kill: 'TREM' is no signal; take one as SIGTERM",
    ],
    [['drain', '--reason='], 'drain: --reason is empty: it goes into the audit'],
    [
      ['drain', '--deadline', 'soon'],
      "drain: --deadline takes seconds from 0 to 604800, not 'soon'",
    ],
    [['drain', '--deadline=-1'], "drain: --deadline takes seconds from 0 to 604800, not '-1'"],
    [['doctor', '--state-dir='], 'doctor: --state-dir is empty'],
    [['up', '--ready-fd', '1'], "up: --ready-fd takes an open descriptor above 2, not '1'"],
    [['forker', 'now'], "forker: 'now' is one word too many"],
    [['user', 'ad'], "user: add, list or remove is expected, not 'ad'"],
  ];
  for (const [words, line] of wrong) {
    it(`refuses ${words.join(' ')}`, async () => {
      const { code, said, stdout } = await hatchery(...words);
      assert.deepEqual(
        [code, said, stdout],
        [2, [`${line}; hatchery help ${words[0]} tells more`], ''],
      );
    });
  }

  it('names every problem of the configuration it was given', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'own.toml');
    writeFileSync(file, '[ssh]\nwrkers = 2\nworkers = "x"\n');
    const { code, said } = await hatchery('status', '--config', file);
    assert.equal(code, 1);
    assert.match(
      said.join('\n'),
      /own\.toml:2: ssh\.wrkers: unknown key[^]*own\.toml:3: ssh\.workers: /,
    );
    assert.match(
      (await hatchery('status', '--config', `${file}.none`)).said.join(),
      /there is no such file/,
    );
  });

  it('says that nothing runs, and how to start it', async () => {
    using directory = temporaryDirectory();
    const place = ['--state-dir', directory.path];
    for (const words of [['children'], ['drain'], ['undrain'], ['kill', 'x', '--reason', 'y']]) {
      const { code, said } = await hatchery(...words, ...place);
      assert.equal(code, 1);
      assert.match(
        said.join('\n'),
        /^\w+: no (fork service|ssh gateway) answers on .*\.sock \(ENOENT\); start one with .*\/hatchery up --state-dir \S+, or/,
      );
    }
    for (const [word = '', ...options] of [['stop'], ['restart'], ['restart', '--now']]) {
      const { code, said } = await hatchery(word, ...options, ...place);
      assert.equal(code, 1);
      assert.match(
        said.join(),
        new RegExp(
          `^${word}: nothing runs on .*; hatchery start --state-dir ${directory.path} starts it$`,
        ),
      );
    }
    const status = await hatchery('status', '--json', ...place);
    const { parts, children } = JSON.parse(status.stdout) as {
      parts: { state: string }[];
      children: null;
    };
    assert.deepEqual(
      [status.code, parts.map(({ state }) => state), children],
      [1, Array(5).fill('down'), null],
    );
  });
});
