import type { Config } from '@hatchery/config';
import { isName, type Told } from '../person.ts';

/** The person that the claims describe, or null when they hold no name. */
export function toldBy(
  claims: Readonly<Record<string, unknown>>,
  { userClaim, groupsClaim }: Pick<Config['dashboard']['oidc'], 'userClaim' | 'groupsClaim'>,
): Told | null {
  const name = claimOf(claims, userClaim);
  if (!isName(name)) return null;
  const groups = claimOf(claims, groupsClaim);
  const list: readonly unknown[] = Array.isArray(groups) ? groups : [groups];
  return { name, groups: list.filter(isName) };
}

/**
 * A claim by its whole name, which may be a URL with dots, or a nested one such as
 * `realm_access.roles`.
 */
function claimOf(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null) return undefined;
  if (Object.hasOwn(claims, path)) return (claims as Readonly<Record<string, unknown>>)[path];
  const dot = path.indexOf('.');
  if (dot < 0 || !Object.hasOwn(claims, path.slice(0, dot))) return undefined;
  return claimOf(
    (claims as Readonly<Record<string, unknown>>)[path.slice(0, dot)],
    path.slice(dot + 1),
  );
}
