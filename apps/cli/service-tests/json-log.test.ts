import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { assertNothingLeft, takeBaseline, temporaryDirectory, until } from '@hatchery/testkit';
import { configure, hatchery, pidOf } from '../test-support/hatchery.ts';

interface Line {
  readonly level: string;
  readonly time: string;
  readonly part: string;
  readonly msg: string;
}

const logOf = (directory: string): string =>
  readFileSync(join(directory, 'state/hatchery.log'), 'utf8');

/** Every line of the log from a byte on. @throws when one is no JSON */
function linesOf(directory: string, from = 0): Line[] {
  const lines = logOf(directory).slice(from).split('\n');
  assert.equal(lines.pop(), '');
  return lines.map((line) => {
    const read = JSON.parse(line) as Line;
    for (const key of ['level', 'time', 'part', 'msg'] as const)
      assert.equal(typeof read[key], 'string', line);
    return read;
  });
}

function useFormat(directory: string, format: string): void {
  configure(directory);
  appendFileSync(join(directory, 'own.toml'), `[log]\nformat = "${format}"\n`);
}

function has(lines: readonly Line[], part: string, level: string, msg: RegExp): void {
  const found = lines.some(
    (line) => line.part === part && line.level === level && msg.test(line.msg),
  );
  assert.ok(
    found,
    `${part} ${level} ${msg.source}: ${JSON.stringify(lines.map(({ msg: said }) => said))}`,
  );
}

describe('a log in JSON', () => {
  it('has no other line from the restart on that brings it: of the supervisor, of parts that end, of one that cannot read its configuration', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    useFormat(path, 'text');
    assert.equal((await hatchery(path, 'start')).code, 0);
    try {
      useFormat(path, 'json');
      const before = logOf(path).length;
      assert.equal((await hatchery(path, 'restart')).code, 0);
      const announced = logOf(path)
        .slice(before)
        .split('\n')
        .filter((line) => line.includes('Listening on socket: '));
      assert.deepEqual(
        announced.map((line) => (JSON.parse(line) as Line).part),
        ['forker'],
      );
      const from = logOf(path).length;
      const dashboard = (await pidOf(path, 'dashboard')) ?? 0;
      appendFileSync(join(path, 'own.toml'), 'formt = "json"\n');
      process.kill(dashboard, 'SIGKILL');
      await until('its configuration to be refused', () => logOf(path).includes('formt'));
      useFormat(path, 'json');
      // It is tried again by itself.
      await until('another page', () => logOf(path).includes('dashboard is ready again'), 120_000);
      assert.equal((await hatchery(path, 'stop')).code, 0);
      const lines = linesOf(path, from);
      has(lines, 'supervisor', 'info', /^dashboard ended with SIGKILL; starting it again$/);
      has(lines, 'dashboard', 'warn', /^dashboard: \S+own\.toml:\d+: log\.formt: unknown key/);
      has(lines, 'supervisor', 'info', /^dashboard is ready again/);
      has(lines, 'supervisor', 'info', /^draining; /);
    } finally {
      await hatchery(path, 'stop', '--now');
    }
    await assertNothingLeft(path, baseline);
  });

  it('has the reason of a refused start, which whoever typed it reads as text', async () => {
    using directory = temporaryDirectory();
    const { path } = directory;
    const baseline = takeBaseline();
    useFormat(path, 'json');
    mkdirSync(join(path, 'state'));
    writeFileSync(join(path, 'state/parts'), '');
    const refused = await hatchery(path, 'start');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^hatchery: start: forker: cannot write down that it runs: [^{]*; see state_dir\n$/,
    );
    has(linesOf(path), 'forker', 'fatal', /^cannot write down that it runs: /);

    const from = logOf(path).length;
    rmSync(join(path, 'state/parts'));
    mkdirSync(join(path, 'state/run/supervisor.sock/in the way'), { recursive: true });
    const blocked = await hatchery(path, 'start');
    assert.match(blocked.stderr, /^hatchery: start: cannot listen on \S+supervisor\.sock: /);
    has(linesOf(path, from), 'supervisor', 'fatal', /^up: cannot listen on \S+supervisor\.sock: /);
    await assertNothingLeft(path, baseline);
  });
});
