import { constants } from 'node:os';
import { visible } from '@hatchery/display';
import { ControlError } from '@hatchery/event-feed';
import type { Child } from '@hatchery/events';
import { processFacts } from '@hatchery/script-locks';
import { exitDone, expectWords, UsageError, type Command, type Invocation } from '../command.ts';
import { findNamedChild, isWholeChildId, NoSuchChildError } from './find-named-child.ts';
import { actor, askService, serviceState } from '../service/running-service.ts';

export const kill: Command = {
  name: 'kill',
  synopsis: 'CHILD [--signal SIGNAL] [--json] --reason TEXT',
  summary: 'send a signal to a child and its whole process group (SIGTERM by default)',
  details: `CHILD is a session's process, as hatchery children lists it: its id, its pid, or the beginning of its id or of the id's last part
(at least three characters). If CHILD is ambiguous, the command lists the candidates and sends no signal.
SIGNAL is a name or a number, as for kill(1): TERM asks the session to end, KILL ends it, STOP pauses it, CONT lets it continue.
--json prints one object: child, pid, signal, outcome, stopped (the process is stopped, so the signal waits), actionId.

  hatchery kill 32152 --reason 'runaway log'
  hatchery kill 1f9c --signal KILL --reason 'does not end'`,
  options: {
    signal: { type: 'string', default: 'SIGTERM' },
    reason: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(invocation) {
    const { CHILD } = expectWords(invocation, 'CHILD');
    const { reason } = invocation.options;
    if (typeof reason !== 'string' || reason.trim() === '')
      throw new UsageError('--reason TEXT is missing: it goes into the audit');
    const signal = signalName(String(invocation.options['signal']));
    const { id, known } = await find(invocation, CHILD);
    // Looked at before: one that gets SIGSTOP now is no news.
    const stopped = isHeldBack(known, signal);
    const wish = { signal, reason, actor: actor(invocation) };
    // The service refuses when the id has become another process since.
    const body = known === null ? wish : { ...wish, pid: known.pid, startTime: known.startTime };
    const path = `/v1/children/${encodeURIComponent(id)}/signal`;
    const answer = await askService(invocation.config, 'POST', path, body).catch(
      (error: unknown) => {
        throw error instanceof ControlError && error.status === 404
          ? new NoSuchChildError(CHILD, error)
          : error;
      },
    );
    const { outcome, actionId } = answer as { outcome: string; actionId: string };
    if (invocation.options['json'] === true) {
      const told = { child: id, pid: known?.pid ?? null, signal, outcome, stopped, actionId };
      invocation.print(`${JSON.stringify(told)}\n`);
    } else {
      const who =
        known === null || id === CHILD
          ? id
          : `${id} (pid ${known.pid}, ${known.user ?? 'no user'})`;
      invocation.print(visible(`${signal} to ${who}: ${outcome}`) + '\n');
    }
    if (stopped) invocation.say(stoppedAdvice(signal, id));
    return exitDone;
  },
};

/** Whether a process is stopped, so that it takes the signal only when it goes on (signal(7)). */
function isHeldBack(child: Child | null, signal: string): boolean {
  if (child === null || ['SIGKILL', 'SIGCONT', 'SIGSTOP'].includes(signal)) return false;
  const facts = processFacts(child.pid);
  return facts?.startTime === child.startTime && facts.stopped;
}

/** What to do about a stopped process; both remedies are commands. */
function stoppedAdvice(signal: string, id: string): string {
  return `kill: the process of ${id} is stopped, and ${signal} waits until it goes on; --signal CONT lets it go on, --signal KILL ends it now`;
}

interface Found {
  readonly id: string;
  readonly known: Child | null;
}

/**
 * An id that is no running child's goes to the service all the same, which knows what has become of
 * it.
 */
async function find({ config }: Invocation, text: string): Promise<Found> {
  const { view } = await serviceState(config);
  const known = findNamedChild(Object.values(view.children), text);
  if (known !== null) return { id: known.id, known };
  if (isWholeChildId(text)) return { id: text, known: null };
  throw new NoSuchChildError(text);
}

/**
 * `TERM`, `sigterm` and `15` are SIGTERM, as for kill(1). @throws {UsageError} for what is no
 * signal of this system
 */
export function signalName(typed: string): string {
  const upper = typed.toUpperCase();
  const found = Object.entries(constants.signals).find(
    ([name, number]) => name === upper || name === `SIG${upper}` || String(number) === typed,
  );
  if (found !== undefined) return found[0];
  throw new UsageError(`'${typed}' is no signal; take one as SIGTERM`);
}
