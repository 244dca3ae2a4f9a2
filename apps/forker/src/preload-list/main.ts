import { findPreloadLists } from '@hatchery/daemon';
import { preloadList } from './preload-list.ts';

// A step of the installation, and of the tests: `main.ts STATE_DIRECTORY` makes sure that a
// matching list exists.
const say = (line: string): void => void process.stderr.write(`hatchery: ${line}\n`);
try {
  await preloadList(findPreloadLists(process.argv[2] ?? '/nonexistent'), { info: say, warn: say });
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
