import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory, until, within } from '@hatchery/testkit';
import { openPipes } from './pipes.ts';

function makePipes(directory: string, ...names: string[]): void {
  execFileSync(
    'mkfifo',
    names.map((name) => join(directory, name)),
  );
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/**
 * Opens the other ends as a child does, which succeeds at once when the client has opened its own.
 */
function openAsChild(directory: string): [stdin: number, stdout: number, stderr: number] {
  const open = (name: string, mode: number): number =>
    openSync(join(directory, name), mode | constants.O_NONBLOCK);
  return [
    open('stdin', constants.O_RDONLY),
    open('stdout', constants.O_WRONLY),
    open('stderr', constants.O_WRONLY),
  ];
}

function removePipes(directory: string): void {
  for (const name of ['stdin', 'stdout', 'stderr']) unlinkSync(join(directory, name));
}

describe('openPipes', () => {
  it('opens all three before the child has, and carries bytes both ways', async () => {
    using scratch = temporaryDirectory();
    const before = countDescriptors();
    makePipes(scratch.path, 'stdin', 'stdout', 'stderr');
    const pipes = openPipes(scratch.path);
    const [stdin, stdout, stderr] = openAsChild(scratch.path);
    removePipes(scratch.path);
    const words = ['out', 'err'];
    [stdout, stderr].forEach((fd, index) => writeSync(fd, words[index] ?? ''));
    for (const [index, stream] of [pipes.stdout, pipes.stderr].entries()) {
      const [bytes] = (await within('output', once(stream, 'data'))) as [Buffer];
      assert.equal(bytes.toString(), words[index]);
    }
    pipes.stdin.end('in');
    await within('the end of the input', once(pipes.stdin, 'close'));
    const bytes = Buffer.alloc(10);
    assert.equal(readSync(stdin, bytes), 2);
    assert.equal(readSync(stdin, bytes), 0);
    for (const fd of [stdin, stdout, stderr]) closeSync(fd);
    await within(
      'the ends of the outputs',
      Promise.all([pipes.stdout, pipes.stderr].map((stream) => once(stream, 'close'))),
    );
    await until('no descriptor to be left', () => countDescriptors() === before);
  });

  // A client with nothing to say, as `ssh host command </dev/null`, made the child wait for its
  // connect timeout.
  it('loses nothing when it ends before the child has opened its side', async () => {
    using scratch = temporaryDirectory();
    makePipes(scratch.path, 'stdin', 'stdout', 'stderr');
    const pipes = openPipes(scratch.path);
    pipes.stdin.end('in');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [stdin, stdout, stderr] = openAsChild(scratch.path);
    const bytes = Buffer.alloc(10);
    assert.equal(readSync(stdin, bytes), 2);
    removePipes(scratch.path);
    await within('the end of the input', once(pipes.stdin, 'close'));
    assert.equal(readSync(stdin, bytes), 0);
    for (const fd of [stdin, stdout, stderr]) closeSync(fd);
    pipes.stdout.destroy();
    pipes.stderr.destroy();
  });

  it('lets go at once when it is destroyed, child or no child', async () => {
    using scratch = temporaryDirectory();
    const before = countDescriptors();
    makePipes(scratch.path, 'stdin', 'stdout', 'stderr');
    const pipes = openPipes(scratch.path);
    pipes.stdin.end('in');
    for (const stream of [pipes.stdin, pipes.stdout, pipes.stderr]) stream.destroy();
    await until('no descriptor to be left', () => countDescriptors() === before);
  });

  it('throws when the directory is gone', () => {
    using scratch = temporaryDirectory();
    assert.throws(() => openPipes(join(scratch.path, 'gone')), { code: 'ENOENT' });
  });

  it('opens nothing that somebody has put in the place of a FIFO', () => {
    for (const put of [
      (path: string) => symlinkSync('/dev/null', path),
      (path: string) => writeFileSync(path, ''),
    ]) {
      using scratch = temporaryDirectory();
      const before = countDescriptors();
      makePipes(scratch.path, 'stdin', 'stderr');
      put(join(scratch.path, 'stdout'));
      assert.throws(() => openPipes(scratch.path), /ELOOP|is no FIFO/);
      assert.equal(countDescriptors(), before);
    }
  });

  it('leaves no descriptor when only some of the pipes are there', () => {
    using scratch = temporaryDirectory();
    const before = countDescriptors();
    makePipes(scratch.path, 'stdin', 'stdout');
    assert.throws(() => openPipes(scratch.path), { code: 'ENOENT' });
    assert.equal(countDescriptors(), before);
  });
});
