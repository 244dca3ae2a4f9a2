import { children } from './children.ts';
import { doctor } from './doctor/doctor.ts';
import { drain, undrain } from './drain.ts';
import { kill } from './kill.ts';
import { leftovers } from './leftovers.ts';
import { breakLock } from './locks/break-lock.ts';
import { lock } from './locks/lock.ts';
import { locks } from './locks/locks.ts';
import { dashboard, forker, sshGateway } from './part.ts';
import { audit } from './past/audit.ts';
import { sessions } from './past/sessions.ts';
import { readOnly } from './read-only.ts';
import { restart } from './restart.ts';
import { signIn } from './sign-in.ts';
import { start, stop } from './start-stop.ts';
import { status } from './status.ts';
import { up } from './up/up.ts';
import { user } from './users/user.ts';
import { version } from './version.ts';
import type { Command } from './command.ts';

/** Everything `hatchery` understands, in the order of its help. `test` and `bench` are the script's own. */
export const commands: readonly Command[] = [
  up,
  start,
  stop,
  restart,
  status,
  children,
  sessions,
  audit,
  kill,
  locks,
  breakLock,
  lock,
  drain,
  undrain,
  readOnly,
  leftovers,
  user,
  signIn,
  doctor,
  version,
  forker,
  sshGateway,
  dashboard,
];
