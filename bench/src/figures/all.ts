import { branch } from './branch.ts';
import { burst } from './burst.ts';
import type { Figure } from './figure.ts';
import { fork } from './fork.ts';
import { memory } from './memory.ts';
import { sessions } from './sessions.ts';
import { ssh } from './ssh.ts';
import { stalled } from './stalled.ts';
import { transfer } from './transfer.ts';

/** Every figure, in the order they are taken. */
export const figures: readonly Figure[] = [fork, burst, memory, ssh, sessions, branch, transfer, stalled];
