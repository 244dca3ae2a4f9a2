import { entriesOf, readUserFile, writeUserFile } from './user-file.ts';

/** The names in a user's file of teams: one a line, `#` begins a comment. @throws an Error that names the file when it cannot be read */
export function teamsOf(usersDirectory: string, name: string): string[] {
  return linesOf(usersDirectory, name)
    .map(teamIn)
    .filter((team) => team !== '');
}

/** Puts a user into teams, and says which are new. Whatever else stands in the file stays. */
export function addTeams(usersDirectory: string, name: string, teams: readonly string[]): string[] {
  const had = teamsOf(usersDirectory, name);
  const fresh = [...new Set(teams)].filter((team) => !had.includes(team));
  if (fresh.length > 0) write(usersDirectory, name, [...linesOf(usersDirectory, name), ...fresh]);
  return fresh;
}

/** Takes a user out of teams. @throws an Error for one that the user is not in, before anything is changed */
export function removeTeams(usersDirectory: string, name: string, teams: readonly string[]): void {
  const had = teamsOf(usersDirectory, name);
  const missing = teams.find((team) => !had.includes(team));
  if (missing !== undefined) throw new Error(`${name} is not in ${missing}; hatchery user list shows who is in what`);
  const lines = linesOf(usersDirectory, name);
  write(
    usersDirectory,
    name,
    lines.filter((line) => !teams.includes(teamIn(line))),
  );
}

/** Whether any user is in a team of that name. `unread` is told of users whose teams nobody can tell, who keep nobody else out. */
export function isTeam(usersDirectory: string, name: string, unread: (trouble: string) => void): boolean {
  return entriesOf(usersDirectory).some((user) => {
    try {
      return teamsOf(usersDirectory, user.name).includes(name);
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
