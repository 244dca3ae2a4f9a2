/**
 * For every Node of the service: SIGUSR1 would open a debugger on a port that any account of the
 * host can reach.
 */
export const nodeFlags: readonly string[] = ['--disable-sigusr1'];
