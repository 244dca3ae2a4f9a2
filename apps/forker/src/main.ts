import { runPart } from '@hatchery/daemon';
import { createForker } from './forker.ts';

process.exitCode = await runPart('forker', process.argv.slice(2), createForker, [
  'children-timeout',
  'preload',
  'take-over',
]);

// Its work is done. A handle that is still open must not keep the process, for whoever waits for its end.
setTimeout(() => process.exit(), 2_000).unref();
