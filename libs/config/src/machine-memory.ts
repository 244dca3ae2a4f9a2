import { totalmem } from 'node:os';

const gibibyte = 1024 ** 3;

/** What Breezy needs to serve a branch of some size at all. */
const sessionBytesMin = gibibyte / 2;

/**
 * Bytes of memory that this service can have: of the machine, or of the control group that holds
 * it, as a container's.
 */
export function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  // Without a limit it is 0, or a number beyond any memory.
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/**
 * How much all sessions of one user may have: a quarter, so that no single one can take what the
 * others and the service need.
 */
export function userMemoryDefault(machineBytes: number): number {
  return Math.max(sessionBytesMin, Math.floor(machineBytes / 4));
}

/**
 * How much one session may have: what its user may, and 4 GiB at most, for Breezy holds some copies
 * of the largest file it handles.
 */
export function sessionMemoryDefault(machineBytes: number): number {
  return Math.min(4 * gibibyte, userMemoryDefault(machineBytes));
}
