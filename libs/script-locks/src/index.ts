export { makeLocksDirectory } from './lock-files.ts';
export { searchHolders } from './lock-holders.ts';
export type { LockHolder } from './lock-holders.ts';
export {
  isAlive,
  isLockCommand,
  processes,
  processFacts,
  startedAt,
  thisKernel,
  accountName,
} from './process-facts.ts';
export type { ProcessFacts } from './process-facts.ts';
export { isLocked, readScriptLocks } from './read-script-locks.ts';
export type { KnownHolders } from './read-script-locks.ts';
