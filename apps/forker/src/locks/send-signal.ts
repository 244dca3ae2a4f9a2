/**
 * Sends a signal to a process, or with a negative number to a group. Ignores one that is gone.
 * @throws when it may not
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
