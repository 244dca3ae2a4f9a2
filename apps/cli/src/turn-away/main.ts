import { parseArgs } from 'node:util';
import { readPassedSockets } from '@hatchery/daemon';
import { turnAway } from './turn-away.ts';

// Started by a supervisor: `--sockets` that it holds, and the words for whoever connects to them.
// It ends with its standard input.
const { values } = parseArgs({
  options: { sockets: { type: 'string' }, words: { type: 'string' } },
});
process.stdin.resume().once('end', () => process.exit(0));
await turnAway(readPassedSockets(values.sockets ?? ''), values.words ?? '');
