export { attachChild, forkChild } from './fork-child.ts';
export type { ForkedChild, ForkOptions } from './fork-child.ts';
export { ForkerUnavailableError, ForkRefusedError } from './errors.ts';
export type { ChildPipes } from './pipes.ts';
