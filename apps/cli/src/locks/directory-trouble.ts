const remedy = 'name a directory where its users may write by [locks] dir in hatchery.toml';

const remedyOfRights =
  'let its group ("0660") or everybody ("0666") in by [locks] mode in hatchery.toml and run hatchery lock once as the owner, or name another directory by [locks] dir';

/** Explains a system error about the locks directory; returns any other error unchanged. */
export function directoryTrouble(directory: string, error: unknown): unknown {
  const { code, path = '' } = error as NodeJS.ErrnoException;
  // Nothing can be made on the way to it either.
  const isOfDirectory = path.startsWith(directory) || directory.startsWith(`${path}/`);
  if (code === undefined || !isOfDirectory) return error;
  const isRight = code === 'EACCES' || code === 'EPERM';
  return new Error(`${what(directory, code)} (${code}); ${isRight ? remedyOfRights : remedy}`, {
    cause: error,
  });
}

function what(directory: string, code: string): string {
  switch (code) {
    case 'ENOTDIR':
    case 'EEXIST':
      return `the locks directory ${directory} is not a directory, nor can it be made`;
    case 'EACCES':
    case 'EPERM':
      return `the locks directory ${directory} is not for this user`;
    case 'ELOOP':
      return `a symlink stands in the locks directory ${directory}, and is not followed`;
    default:
      return `the locks directory ${directory} cannot be made or used`;
  }
}
