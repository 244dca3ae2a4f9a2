export { readHolderRecord, writeHolderRecord } from './holder-record.ts';
export type { HolderRecord, ProcessName } from './holder-record.ts';
export { deviceName, parseKernelLocks } from './proc-locks.ts';
export type { KernelLock } from './proc-locks.ts';
