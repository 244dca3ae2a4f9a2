import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { createFile, makeDirectories, modes } from '@hatchery/daemon';
import { entriesOf, readUserFile } from './user-file.ts';

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

/** Whether any user is in a team of that name. */
export function isTeam(usersDirectory: string, name: string): boolean {
  return entriesOf(usersDirectory).some((user) => teamsOf(usersDirectory, user.name).includes(name));
}

function teamIn(line: string): string {
  return line.replace(/#.*/, '').trim();
}

function linesOf(usersDirectory: string, name: string): string[] {
  const lines = (readUserFile(usersDirectory, name, 'teams') ?? '').split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Replaces the file whole: whoever signs in meanwhile reads the one or the other. */
function write(usersDirectory: string, name: string, lines: readonly string[]): void {
  makeDirectories(join(usersDirectory, name), modes.usersDirectory);
  const file = join(usersDirectory, name, 'teams');
  const scratch = `${file}.new.${process.pid}`;
  createFile(scratch, lines.map((line) => `${line}\n`).join(''), modes.userFile);
  renameSync(scratch, file);
}
