const pattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * Whether a name may be looked up at all. It becomes a directory's name, so nothing that walks
 * (`..`, `/`) passes.
 */
export function isUserName(name: string): boolean {
  return pattern.test(name);
}
