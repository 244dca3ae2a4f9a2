import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseIo, parseMemory, parseStat, readProc } from './proc-usage.ts';

const fields =
  'S 1 42 42 0 -1 4194304 600 0 7 0 12 5 0 0 20 0 1 0 99 30000000 6800 18446744073709551615';

describe('parseStat', () => {
  it('reads the fields of proc(5)', () => {
    const reading = { cpuTicks: 17, minorFaults: 600, majorFaults: 7, rssPages: 6800 };
    assert.deepEqual(parseStat(`42 (python3) ${fields}`), reading);
  });

  it('finds the fields after a name that looks like fields', () => {
    assert.deepEqual(parseStat(`42 (a) S 9 9 (b) ${fields}`), parseStat(`42 (python3) ${fields}`));
  });

  it('reads nothing from a line that is no stat line', () => {
    for (const line of ['', '42', '42 (x', '42 (x) S 1 2', 'no such process'])
      assert.equal(parseStat(line), null, line);
  });
});

describe('parseMemory', () => {
  it('reads private and shared memory, in bytes', () => {
    const text =
      'Rss:  27000 kB\nPss:   5000 kB\nPss_Dirty:  1 kB\nPrivate_Clean:  100 kB\nPrivate_Dirty:  1000 kB\n';
    const kib = 1024;
    assert.deepEqual(parseMemory(text), {
      rssBytes: 27000 * kib,
      pssBytes: 5000 * kib,
      privateBytes: 1100 * kib,
    });
  });

  it('counts what the kernel does not give as zero', () => {
    assert.deepEqual(parseMemory(''), { rssBytes: 0, pssBytes: 0, privateBytes: 0 });
  });
});

describe('parseIo', () => {
  it('reads what passed through read and write, not what reached the disk', () => {
    assert.deepEqual(parseIo('rchar: 10\nwchar: 20\nread_bytes: 1\nwrite_bytes: 2\n'), {
      readBytes: 10,
      writeBytes: 20,
    });
  });
});

describe('readProc', () => {
  it('reads a file of a living process, and nothing of another', () => {
    assert.match(readProc(process.pid, 'stat') ?? '', new RegExp(`^${process.pid} \\(`));
    assert.equal(readProc(4_194_400, 'stat'), null);
    assert.equal(readProc(process.pid, 'no-such-file'), null);
  });
});
