import { isUserName } from '@hatchery/protocol';
import type { IgnoredLine } from './authorized-keys.ts';
import { keyTextOf } from './key-text.ts';

/** A user's teams: each name once, in the order of the text. */
export interface Teams {
  readonly teams: readonly string[];
  readonly ignored: readonly IgnoredLine[];
  /** True when no line could be read, for example of a text in UTF-16. */
  readonly isUnfit: boolean;
}

/**
 * Reads one team name per line; `#` begins a comment. A team has a place of its own below the
 * hosting root, so its name must be valid as a user's name.
 */
export function parseTeams(contents: Buffer | string, teamsMax: number, file = 'FILE'): Teams {
  const decoded = keyTextOf(typeof contents === 'string' ? Buffer.from(contents) : contents, file);
  if ('reason' in decoded)
    return { teams: [], ignored: [{ line: 1, reason: decoded.reason }], isUnfit: true };
  const teams = new Set<string>();
  const ignored: IgnoredLine[] = [];
  decoded.text.split(/\r?\n/).forEach((content, index) => {
    const name = content.replace(/#.*/, '').trim();
    if (name === '' || teams.has(name)) return;
    if (!isUserName(name))
      ignored.push({
        line: index + 1,
        reason: `${JSON.stringify(name.slice(0, 40))} is no name of a team`,
      });
    else if (teams.size >= teamsMax)
      ignored.push({ line: index + 1, reason: `a user has at most ${teamsMax} teams` });
    else teams.add(name);
  });
  return { teams: [...teams], ignored, isUnfit: false };
}
