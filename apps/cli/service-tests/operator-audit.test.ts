import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { ask, assertNothingLeft, takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { configure, hatchery, pidOf } from '../test-support/hatchery.ts';

interface Action {
  readonly actor: string;
  readonly verb: string;
  readonly target: string;
  readonly reason: string;
  readonly outcome: string | null;
}

it('what an operator had started, stopped, restarted and configured is in the audit, with who it was', async () => {
  using directory = temporaryDirectory();
  const { path } = directory;
  const baseline = takeBaseline();
  const actions = async (): Promise<string[]> => {
    const { stdout, stderr } = await hatchery(path, 'audit', '--kind', 'action', '--json');
    assert.equal(stderr, '');
    const entries = (JSON.parse(stdout) as Action[]).toReversed();
    return entries.map(({ actor, verb, target, reason, outcome }) =>
      [actor, verb, target, reason, outcome ?? 'none'].join(' | '),
    );
  };
  const me = `${userInfo().username} (cli)`;
  configure(path);
  assert.equal((await hatchery(path, 'start')).code, 0);
  try {
    assert.match(await ask(join(path, 'state/run/forker.sock'), 'quit\n'), /^ok/);
    await until('the stop to be written', async () =>
      (await actions()).some((one) => one.includes(' | forker | ')),
    );
    process.kill((await pidOf(path, 'dashboard')) ?? 0, 'SIGTERM');
    await until('the stop to be written', async () =>
      (await actions()).some((one) => one.includes(' | dashboard | ')),
    );
    assert.equal((await hatchery(path, 'start')).code, 0);
    appendFileSync(join(path, 'own.toml'), '[log]\nlevel = "debug"\n');
    assert.equal((await hatchery(path, 'restart')).code, 0);
  } finally {
    assert.equal((await hatchery(path, 'stop')).code, 0);
  }
  const found = await actions();
  const expected: readonly (string | RegExp)[] = [
    `${me} | start | service | hatchery start | done`,
    new RegExp(
      `^uid ${process.getuid?.()}, pid ${process.pid}, .* \\| stop \\| forker \\| quit on the fork socket \\| done$`,
    ),
    'unknown | stop | dashboard | SIGTERM | done',
    `${me} | start | forker and dashboard | hatchery start | done`,
    `${me} | change | configuration | log.level set | done`,
    `${me} | restart | service | hatchery restart | done`,
    `${me} | stop | service | hatchery stop | done`,
  ];
  for (const one of expected)
    assert.equal(
      found.filter((entry) => (typeof one === 'string' ? entry === one : one.test(entry))).length,
      1,
      `${String(one)} in ${found.join('\n')}`,
    );
  await assertNothingLeft(path, baseline);
});
