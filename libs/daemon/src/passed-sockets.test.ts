import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PassedSockets,
  readPassedSockets,
  socketsOfSystemd,
  writePassedSockets,
} from './passed-sockets.ts';
import { StartError } from './start-error.ts';

const pid = 4711;

test('systemd passes sockets from descriptor 3 on, with their names in the same order (sd_listen_fds(3))', () => {
  const environment = { LISTEN_PID: '4711', LISTEN_FDS: '3', LISTEN_FDNAMES: 'ssh:ssh:page' };
  assert.deepEqual(socketsOfSystemd(environment, pid), [
    { name: 'ssh', fd: 3 },
    { name: 'ssh', fd: 4 },
    { name: 'page', fd: 5 },
  ]);
  assert.deepEqual(socketsOfSystemd({ LISTEN_PID: '4711', LISTEN_FDS: '1' }, pid), [
    { name: '', fd: 3 },
  ]);
});

for (const [what, environment] of [
  ['nothing', {}],
  [
    'sockets of another process, whose environment was handed on',
    { LISTEN_PID: '1', LISTEN_FDS: '1' },
  ],
  ['a number that is none', { LISTEN_PID: '4711', LISTEN_FDS: 'x' }],
  ['no socket', { LISTEN_PID: '4711', LISTEN_FDS: '0' }],
  ['more than a process can have', { LISTEN_PID: '4711', LISTEN_FDS: '99999999' }],
] as const) {
  test(`an environment with ${what} gives none`, () =>
    assert.deepEqual(socketsOfSystemd(environment, pid), []));
}

test('sockets are found by their names', () => {
  const sockets = new PassedSockets(
    [
      { name: 'ssh', fd: 3 },
      { name: 'page', fd: 4 },
      { name: 'ssh', fd: 5 },
    ],
    ['ssh', 'page', 'proxy'],
  );
  assert.deepEqual(
    [sockets.all('ssh'), sockets.one('page'), sockets.one('proxy')],
    [[3, 5], 4, null],
  );
  assert.throws(() => sockets.one('ssh'), {
    name: 'StartError',
    message: /several sockets called 'ssh' and takes one/,
  });
});

test('a socket that the process has no use for is refused with the setting of the unit', () => {
  for (const name of ['hatchery.socket', '', 'unknown'])
    assert.throws(() => new PassedSockets([{ name, fd: 3 }], ['ssh', 'status']), {
      name: StartError.name,
      message: `it got a socket called '${name}' and takes ssh, status; set FileDescriptorName= in the socket unit`,
    });
  assert.throws(() => new PassedSockets([{ name: 'ssh', fd: 3 }], []), /and takes none/);
});

test('a supervisor names them in an option, which is refused when it is anything else', () => {
  const sockets = [
    { name: 'ssh', fd: 4 },
    { name: 'status', fd: 5 },
  ];
  assert.equal(writePassedSockets(sockets), 'ssh:4,status:5');
  assert.deepEqual(readPassedSockets('ssh:4,status:5'), sockets);
  for (const text of [
    '',
    'ssh',
    'ssh:',
    'ssh:2',
    'ssh:-1',
    'ssh:4,',
    'ssh:4 status:5',
    'ssh:04',
    'SSH:4',
    'ssh:99999',
  ])
    assert.throws(
      () => readPassedSockets(text),
      /--sockets takes names with descriptors, as ssh:4/,
      text,
    );
});
