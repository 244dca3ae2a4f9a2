import { branch } from './branch.ts';
import { burst } from './burst.ts';
import { dashboard } from './dashboard.ts';
import { drain } from './drain.ts';
import type { Figure } from './figure.ts';
import { fork } from './fork.ts';
import { heap } from './heap.ts';
import { idle } from './idle.ts';
import { locks } from './locks.ts';
import { memory } from './memory.ts';
import { overload } from './overload.ts';
import { recovery } from './recovery.ts';
import { sampling } from './sampling.ts';
import { sessions } from './sessions.ts';
import { ssh } from './ssh.ts';
import { stalled } from './stalled.ts';
import { transfer } from './transfer.ts';

/** Every figure, in the order of measurement. */
export const figures: readonly Figure[] = [
  fork,
  burst,
  overload,
  recovery,
  drain,
  memory,
  sampling,
  locks,
  ssh,
  sessions,
  branch,
  transfer,
  idle,
  stalled,
  dashboard,
  heap,
];
