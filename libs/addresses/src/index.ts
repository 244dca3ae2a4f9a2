export { Networks, parseNetwork, plainAddress } from './network.ts';
export { isLoopback, sourceOf } from './source.ts';
