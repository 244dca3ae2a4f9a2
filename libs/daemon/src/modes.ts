import { closeSync, fchmodSync, openSync, rmSync, writeFileSync } from 'node:fs';

/**
 * The mode of everything that the service makes, in this one place. Each is set explicitly, so that
 * it is the same under every umask. The hosting root and what sessions write below it follow
 * `[hosting] umask`, and locks of scripts follow `[locks] mode`. docs/decisions/0035 has the
 * reasons.
 */
export const modes = {
  /**
   * state_dir, runtime_dir and what is missing above them: others pass to what is theirs, and list
   * nothing.
   */
  passage: 0o711,
  /**
   * `users/` and each user's directory. Public keys are no secret, and `user add` may be run by
   * another account than the service.
   */
  usersDirectory: 0o755,
  /** `authorized_keys`, `teams`. */
  userFile: 0o644,
  /** What sessions, which may be another user's, read of the state directory. */
  sessionsDirectory: 0o755,
  /**
   * Audit, events, records of parts, sign-ins, history, the demo user's key: for the service alone.
   */
  secretDirectory: 0o700,
  /** Host key, sign-in key, audit, log, databases, records, and the sockets that give control. */
  secretFile: 0o600,
  /** A public key and the read-only switch, which sessions of another user read. */
  publicFile: 0o644,
  /** The demo user's ssh. */
  secretProgram: 0o700,
} as const;

/**
 * Writes a new file of exactly this mode; what could be written in part is not there. @throws the
 * system's error, as EEXIST unless `flag` is `w`; of a full disk, or a directory in its place, it
 * says what to do
 */
export function createFile(path: string, text: string, mode: number, flag: 'w' | 'wx' = 'w'): void {
  const descriptor = openFile(path, flag, mode);
  try {
    writeFileSync(descriptor, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw explainFullDisk(error, path);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What write(2) and mkdir(2) say of a full disk, with what to do; any other error as it is. It
 * keeps its code.
 */
export function explainFullDisk(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  const why = code === 'ENOSPC' ? 'its file system is full' : 'the disk quota is used up';
  const message = `${path} cannot be written: ${why} (${code}); make room there (df -h and df -i tell what is full)`;
  return Object.assign(new Error(message, { cause: error }), { code });
}

/**
 * Opens a file that is to have exactly this mode, and makes it when it is missing; the descriptor.
 * @throws as {@link createFile}
 */
export function openFile(path: string, flag: 'a' | 'w' | 'wx', mode: number): number {
  const descriptor = open(path, flag, mode);
  try {
    // The umask took bits away from the mode of open(2), and a file from before may have any.
    fchmodSync(descriptor, mode);
  } catch (error) {
    // Another user's file keeps the mode that its owner gave it.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') {
      closeSync(descriptor);
      throw error;
    }
  }
  return descriptor;
}

function open(path: string, flag: string, mode: number): number {
  try {
    return openSync(path, flag, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EISDIR') throw explainFullDisk(error, path);
    const message = `${path} cannot be written: a directory is in its place; move it away`;
    throw Object.assign(new Error(message, { cause: error }), { code });
  }
}
