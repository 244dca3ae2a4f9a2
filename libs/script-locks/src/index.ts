export { isHeldByOurJob } from './held-by-our-job.ts';
export {
  holderPath,
  isLockName,
  lockNameCharactersMax,
  makeLocksDirectory,
  openLockFile,
  recordMode,
} from './lock-files.ts';
export type { LockFile } from './lock-files.ts';
export { foreignKernelLocks } from './kernel-locks.ts';
export { searchHolders } from './lock-holders.ts';
export type { LockHolder } from './lock-holders.ts';
export { groupLives, processFacts, startedAt } from './process-facts.ts';
export type { ProcessFacts } from './process-facts.ts';
export { isLocked, readScriptLock, readScriptLocks } from './read-script-locks.ts';
export type { KnownHolders } from './read-script-locks.ts';
