import type { ForkRequest } from '@hatchery/protocol';
import type { ChildDetails } from '../../keeper-link/messages.ts';
import { shownCharactersMax } from '../../limits.ts';

/** Who asks for what, as far as the request tells. */
export function describeRequest(request: ForkRequest, now: Date): ChildDetails {
  return {
    user: shown(request.environment['HATCHERY_USER'] ?? servedUser(request.command)),
    peer: shown(request.environment['HATCHERY_PEER'] ?? null),
    command: shown(request.commandLine),
    startedAt: now.toISOString(),
  };
}

/**
 * What is told of a request goes into logs and events, and a request may be 64 KiB long: beyond the
 * limit it ends in `…`.
 */
function shown<T extends string | null>(text: T): T | string {
  if (text === null || text.length <= shownCharactersMax) return text;
  return `${text.slice(0, shownCharactersMax - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** The user of `lp-serve --inet <user>`, which is all that Launchpad's own clients say. */
function servedUser([name, ...words]: readonly string[]): string | null {
  if (name !== 'lp-serve') return null;
  return words.find((word) => !word.startsWith('-')) ?? null;
}
