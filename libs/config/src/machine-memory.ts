import { totalmem } from 'node:os';

const gibibyte = 1024 ** 3;

/** The least that Breezy needs to serve a branch of some size. */
const sessionBytesMin = gibibyte / 2;

/**
 * Bytes of memory available to this service: of the machine, or of the control group that holds it,
 * such as a container's.
 */
export function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  // Without a limit it is 0, or a number beyond any memory.
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}

/**
 * The limit of all sessions of one user together: a quarter, so that no single user can take what
 * the others and the service need.
 */
export function userMemoryDefault(machineBytes: number): number {
  return Math.max(sessionBytesMin, Math.floor(machineBytes / 4));
}

/**
 * The limit of one session: that of its user, but at most 4 GiB, because Breezy holds several
 * copies of the largest file it handles.
 */
export function sessionMemoryDefault(machineBytes: number): number {
  return Math.min(4 * gibibyte, userMemoryDefault(machineBytes));
}
