import { children } from './sessions/children.ts';
import { doctor } from './doctor/doctor.ts';
import { drain, undrain } from './maintenance/drain.ts';
import { kill } from './sessions/kill.ts';
import { leftovers } from './maintenance/leftovers.ts';
import { breakLock } from './locks/break-lock.ts';
import { lock } from './locks/lock.ts';
import { locks } from './locks/locks.ts';
import { dashboard, forker, sshGateway } from './service/part.ts';
import { audit } from './past/audit.ts';
import { sessions } from './past/sessions.ts';
import { readOnly } from './maintenance/read-only.ts';
import { restart } from './service/restart.ts';
import { signIn } from './users/sign-in.ts';
import { start, stop } from './service/start-stop.ts';
import { status } from './service/status.ts';
import { up } from './up/up.ts';
import { user } from './users/user.ts';
import { version } from './version.ts';
import type { Command } from './command.ts';

/** Commands that belong together, under the title that the overview prints. */
interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/**
 * Everything `hatchery` understands, in the order of its help. The folders of this app have the
 * same groups.
 */
export const commandGroups: readonly CommandGroup[] = [
  { title: 'Service', commands: [up, start, stop, restart, status] },
  { title: 'Sessions', commands: [children, sessions, audit, kill] },
  { title: 'Locks', commands: [locks, breakLock, lock] },
  { title: 'Maintenance', commands: [drain, undrain, readOnly, leftovers] },
  { title: 'Users', commands: [user, signIn] },
  { title: 'Installation', commands: [doctor, version] },
  { title: 'Single parts', commands: [forker, sshGateway, dashboard] },
];

/**
 * All commands of all groups. `test` and `bench` are not here: the script `hatchery` runs those
 * itself.
 */
export const commands: readonly Command[] = commandGroups.flatMap((group) => group.commands);
