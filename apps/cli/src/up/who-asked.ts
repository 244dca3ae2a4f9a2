import type { PartHalt } from '@hatchery/daemon';
import { actor } from '../service/running-service.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Who asked for something, and how, as the audit has it. */
export interface Asked {
  readonly actor: string;
  readonly reason: string;
}

/** Who has started this supervisor. */
export function starterOf(terminal: Pick<Terminal, 'environment'>): string {
  // A service of systemd's is its child; what it starts itself inherits the variable
  // (systemd.exec(5)).
  const isUnit = process.ppid === 1 && terminal.environment['INVOCATION_ID'] !== undefined;
  return isUnit ? 'systemd' : actor(terminal);
}

/**
 * Who has stopped a part, by what it has written: `quit on the fork socket (uid 0, pid 7, socat)`,
 * or a signal, whose sender nobody knows.
 */
export function stopperOf({ reason }: Pick<PartHalt, 'reason'>): Asked {
  const [, how, who] = /^(.*?) \((.*)\)$/.exec(reason) ?? [];
  return how === undefined || who === undefined ? bySignal(reason) : { actor: who, reason: how };
}

/** A process cannot know from within Node who has sent it a signal. */
export function bySignal(signal: string): Asked {
  return { actor: 'unknown', reason: signal };
}
