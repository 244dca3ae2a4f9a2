import type { ForkRequest } from '@hatchery/protocol';
import type { ChildDetails } from '../keeper-link/messages.ts';

/** Who asks for what, as far as the request tells. */
export function describeRequest(request: ForkRequest, now: Date): ChildDetails {
  return {
    user: request.environment['HATCHERY_USER'] ?? servedUser(request.command),
    peer: request.environment['HATCHERY_PEER'] ?? null,
    command: request.commandLine,
    startedAt: now.toISOString(),
  };
}

/** The user of `lp-serve --inet <user>`, which is all that Launchpad's own clients say. */
function servedUser([name, ...words]: readonly string[]): string | null {
  if (name !== 'lp-serve') return null;
  return words.find((word) => !word.startsWith('-')) ?? null;
}
