import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deviceName, parseKernelLocks } from './proc-locks.ts';

describe('the table of the kernel', () => {
  it('lists holders and waiters of flock(2) and fcntl(2)', () => {
    const text =
      '1: POSIX  ADVISORY  WRITE 12523 fe:00:2154578 0 EOF\n' +
      '2: FLOCK  ADVISORY  WRITE 77 fe:00:2154578 0 EOF\n' +
      '2: -> FLOCK  ADVISORY  READ 78 fe:00:2154578 0 EOF\n' +
      '3: OFDLCK ADVISORY  WRITE -1 08:1a1:9 0 EOF\n';
    assert.deepEqual(parseKernelLocks(text), [
      {
        type: 'POSIX',
        exclusive: true,
        pid: 12523,
        device: 'fe:00',
        inode: 2154578,
        waiting: false,
      },
      { type: 'FLOCK', exclusive: true, pid: 77, device: 'fe:00', inode: 2154578, waiting: false },
      { type: 'FLOCK', exclusive: false, pid: 78, device: 'fe:00', inode: 2154578, waiting: true },
      { type: 'OFDLCK', exclusive: true, pid: null, device: '08:1a1', inode: 9, waiting: false },
    ]);
  });

  it('can also be read from the fdinfo of a descriptor', () => {
    const text = 'pos:\t0\nflags:\t02100001\nlock:\t1: FLOCK  ADVISORY  WRITE 5 fe:00:7 0 EOF\n';
    assert.deepEqual(
      parseKernelLocks(text).map(({ type, inode }) => [type, inode]),
      [['FLOCK', 7]],
    );
  });

  it('lists waiters behind waiters, which are indented by one more space each', () => {
    const text =
      '7: FLOCK  ADVISORY  WRITE 1 fe:00:7 0 EOF\n' +
      '7: -> FLOCK  ADVISORY  WRITE 2 fe:00:7 0 EOF\n' +
      '7:  -> FLOCK  ADVISORY  WRITE 3 fe:00:7 0 EOF\n' +
      '7:   -> FLOCK  ADVISORY  WRITE 4 fe:00:7 0 EOF\n';
    assert.deepEqual(
      parseKernelLocks(text).map(({ pid, waiting }) => [pid, waiting]),
      [
        [1, false],
        [2, true],
        [3, true],
        [4, true],
      ],
    );
  });

  it('skips leases, headings and nonsense', () => {
    assert.deepEqual(
      parseKernelLocks('1: LEASE  ACTIVE    READ  9 fe:00:1 0 EOF\n\nlocks\n1: FLOCK\n'),
      [],
    );
  });
});

it('a device is written as the kernel writes it', () => {
  assert.equal(deviceName(0xfe00), 'fe:00');
  assert.equal(deviceName(0x801), '08:01');
  // makedev(259, 300): the numbers are split over the word.
  assert.equal(deviceName(0x11_032c), '103:12c');
});
