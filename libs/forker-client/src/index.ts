export { followService } from './follow-service.ts';
export type { ServiceFollower, ServiceNews } from './follow-service.ts';
export { attachChild, forkChild } from './fork-child.ts';
export type { ForkedChild, ForkOptions } from './fork-child.ts';
export { ForkerUnavailableError, ForkRefusedError } from './errors.ts';
export { spawnChild } from './spawn-child.ts';
export type { SpawnedChild, SpawnOptions } from './spawn-child.ts';
export type { ChildPipes } from './pipes.ts';
