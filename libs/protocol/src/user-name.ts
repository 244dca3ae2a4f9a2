import rule from './user-name.json' with { type: 'json' };

const pattern = new RegExp(`^(?:${rule.userName})$`);

/**
 * Whether a text can be the name of a user or a team. It becomes a directory's name, so nothing
 * that walks (`..`, `/`) passes, and nothing that a file system without case would take for
 * another name. The file is the one source for TypeScript and Python
 * (apps/forker/zygote/shared_rules.py).
 */
export function isUserName(name: string): boolean {
  return pattern.test(name);
}
