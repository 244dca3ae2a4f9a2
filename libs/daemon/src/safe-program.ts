import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * So that what is in a directory can be replaced by its owner and the directory's alone, as in /tmp
 * (inode(7)).
 */
const sticky = 0o1000;

/**
 * Whoever may write a program that says who gets in, or may put another one in its place, lets in
 * whom they like: so neither may be anybody but its owner, root or us. sshd asks the same of an
 * AuthorizedKeysCommand, with all directories above (`safe_path` in misc.c).
 * @throws the system error when it cannot be run, or an Error that says what is unsafe
 */
export function proveSafeProgram(path: string, ownUid: number = process.getuid?.() ?? 0): void {
  accessSync(path, constants.X_OK);
  const program = realpathSync(path);
  proveSafe(program, 'it', ownUid);
  for (let above = dirname(program); ; above = dirname(above)) {
    proveSafe(above, above, ownUid);
    if (above === dirname(above)) return;
  }
}

function proveSafe(path: string, name: string, ownUid: number): void {
  const stat = statSync(path);
  if (stat.uid !== 0 && stat.uid !== ownUid)
    throw new Error(`${name} belongs to neither root nor the gateway's user`);
  if (stat.isDirectory() && (stat.mode & sticky) !== 0) return;
  if ((stat.mode & 0o022) !== 0) throw new Error(`${name} may be written by its group or anybody`);
}
