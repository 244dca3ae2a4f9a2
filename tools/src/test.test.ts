import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'hatchery tools '));
const home = join(root, 'home');

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly lastLine: string;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function library(name: string, dependencies: Record<string, string>, answer: string): void {
  write(
    `libs/${name}/package.json`,
    JSON.stringify({ name: `@hatchery/${name}`, version: '0.1.0', dependencies }),
  );
  write(
    `libs/${name}/src/a.test.ts`,
    `import { it } from 'node:test'; it('passes', () => {}); it('depends', () => { ${answer} });`,
  );
}

/**
 * `./hatchery test` without the installation, in an empty HOME and with a setting of another
 * program.
 */
function test(...words: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const program = join(root, 'tools/src/test.ts');
    const env = { PATH: process.env['PATH'], HOME: home, NODE_ENV: 'production' };
    execFile(process.execPath, [program, ...words], { cwd: root, env }, (error, stdout) => {
      const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
      resolve({ code: error === null ? 0 : Number(error.code), stdout, lastLine });
    });
  });
}

// A repository of two libraries, one of which depends on the other, with our tools and packages.
before(() => {
  mkdirSync(home);
  for (const path of [
    'nx.json',
    'tsconfig.base.json',
    'tools/src',
    'tools/environment.sh',
    '.gitignore',
  ])
    cpSync(join(checkout, path), join(root, path), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
  write(
    'package.json',
    JSON.stringify({ name: 'hatchery', private: true, workspaces: ['libs/*'] }),
  );
  write('package-lock.json', readFileSync(join(checkout, 'package-lock.json'), 'utf8'));
  library('base', {}, '');
  library('above', { '@hatchery/base': '*' }, '');
  library('beside', {}, '');
});
after(() => rmSync(root, { recursive: true }));

describe('./hatchery test', () => {
  it('takes unchanged targets from the cache, with their counts', async () => {
    const first = await test('unit');
    assert.deepEqual([first.code, first.lastLine], [0, '6 passed, 0 failed'], first.stdout);
    const second = await test('unit');
    assert.deepEqual([second.code, second.lastLine], [0, '6 passed, 0 failed'], second.stdout);
    assert.match(second.stdout, /^── unit tests: 6 passed, 0 failed, 3 of 3 from the cache$/m);
  });

  it('runs what has changed, and what depends on that', async () => {
    write('libs/base/src/base.ts', 'export const base = 1;\n');
    const { stdout } = await test('unit');
    assert.match(stdout, /^── unit tests: 6 passed, 0 failed, 1 of 3 from the cache$/m);
    assert.match(stdout, /@hatchery\/beside:test {2}\[local cache\]/);
  });

  it('runs everything again with --no-cache, and for other versions of what tests run on', async () => {
    assert.match((await test('--no-cache', 'unit')).stdout, /^── unit tests: 6 passed, 0 failed$/m);
    write('tools/environment.sh', '#!/bin/sh\necho a newer Breezy\n');
    assert.match((await test('unit')).stdout, /^── unit tests: 6 passed, 0 failed$/m);
  });

  it('runs a failed target again each time, and the others too', async () => {
    library('base', {}, "throw new Error('why');");
    for (const attempt of ['first', 'second']) {
      const { code, stdout, lastLine } = await test('unit');
      assert.deepEqual([code, lastLine], [1, '5 passed, 1 failed'], `${attempt}: ${stdout}`);
      assert.match(stdout, /^ {2}libs\/base\/src\/a\.test\.ts: depends: why$/m);
      assert.match(stdout, /✖ depends/);
    }
  });

  it('counts a target whose test runner dies as failed', async () => {
    library('base', {}, '');
    write('libs/above/src/a.test.ts', 'process.kill(process.ppid, "SIGKILL");');
    const { code, lastLine, stdout } = await test('above');
    assert.deepEqual([code, lastLine], [1, '0 passed, 1 failed'], stdout);
  });

  it('keeps what Nx writes in the checkout', () => {
    assert.equal(existsSync(join(root, '.nx/cache')), true);
    assert.equal(existsSync(join(home, '.nx')), false);
  });

  it('lists the available names when a name matches nothing', async () => {
    assert.equal((await test('nosuch')).code, 2);
  });
});
