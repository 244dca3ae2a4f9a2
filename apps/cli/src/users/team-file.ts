import { isUserName } from '@hatchery/protocol';
import { parseTeams, teamsPerUserMax, type Teams } from '@hatchery/ssh-keys';
import { entriesOf, readUserFile, writeUserFile } from './user-file.ts';

/**
 * The gateway's reading of a user's file of teams. @throws an Error that names the file when it
 * cannot be read
 */
export function teamsIn(usersDirectory: string, name: string): Teams {
  const path = `${usersDirectory}/${name}/teams`;
  const teams = parseTeams(
    readUserFile(usersDirectory, name, 'teams') ?? '',
    teamsPerUserMax,
    path,
  );
  if (teams.isUnfit) throw new Error(`cannot read ${path}: ${teams.ignored[0]?.reason}`);
  return teams;
}

function teamsOf(usersDirectory: string, name: string): readonly string[] {
  return teamsIn(usersDirectory, name).teams;
}

/** Adds a user to teams, and returns the new ones. The rest of the file stays. */
export function addTeams(usersDirectory: string, name: string, teams: readonly string[]): string[] {
  const had = teamsOf(usersDirectory, name);
  const fresh = [...new Set(teams)].filter((team) => !had.includes(team));
  if (fresh.length > 0) write(usersDirectory, name, [...linesOf(usersDirectory, name), ...fresh]);
  return fresh;
}

/**
 * Removes a user from teams. @throws an Error for a team that the user is not in, before anything
 * is changed
 */
export function removeTeams(usersDirectory: string, name: string, teams: readonly string[]): void {
  const had = teamsOf(usersDirectory, name);
  const missing = teams.find((team) => !had.includes(team));
  if (missing !== undefined)
    throw new Error(`${name} is not in ${missing}; hatchery user list shows who is in what`);
  const lines = linesOf(usersDirectory, name);
  write(
    usersDirectory,
    name,
    lines.filter((line) => !teams.includes(teamIn(line))),
  );
}

/**
 * Whether any user is in a team of that name. Calls `unread` for users whose teams cannot be read;
 * they block nobody else.
 */
export function isTeam(
  usersDirectory: string,
  name: string,
  unread: (trouble: string) => void,
): boolean {
  const users = entriesOf(usersDirectory).map((entry) => entry.name.toString());
  return users.filter(isUserName).some((user) => {
    try {
      return teamsOf(usersDirectory, user).includes(name);
    } catch (error) {
      unread((error as Error).message);
      return false;
    }
  });
}

function teamIn(line: string): string {
  return line.replace(/#.*/, '').trim();
}

function linesOf(usersDirectory: string, name: string): string[] {
  const lines = (readUserFile(usersDirectory, name, 'teams')?.toString() ?? '').split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function write(usersDirectory: string, name: string, lines: readonly string[]): void {
  writeUserFile(usersDirectory, name, 'teams', lines.map((line) => `${line}\n`).join(''));
}
