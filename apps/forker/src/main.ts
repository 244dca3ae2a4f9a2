import { runPart } from '@hatchery/daemon';
import { createForker } from './forker.ts';

process.exitCode = await runPart('forker', process.argv.slice(2), createForker, [
  'children-timeout',
  'preload',
  'take-over',
]);
