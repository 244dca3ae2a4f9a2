export { isHeldByOurJob } from './held-by-our-job.ts';
export { holderPath, isLockName, openLockFile } from './lock-files.ts';
export { foreignKernelLocks } from './kernel-locks.ts';
export { groupLives, processFacts, startedAt } from './process-facts.ts';
export type { ProcessFacts } from './process-facts.ts';
export { readScriptLock, readScriptLocks } from './read-script-locks.ts';
