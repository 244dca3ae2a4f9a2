import type { Config } from '@hatchery/config';
import type { Role } from '@hatchery/events';
import { groupsMax, nameCharactersMax } from '../limits.ts';

/** The identity of a signed-in browser; the audit log shows `name`. */
export interface Person {
  readonly name: string;
  readonly role: Role;
}

/** A person as a proxy or a provider describes them. */
export interface Told {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The person with the configured role, or null when they may not even look. */
export function personOf(
  { name, groups }: Told,
  roles: Config['dashboard']['roles'],
): Person | null {
  const own = new Set(groups.slice(0, groupsMax).map(plainGroup));
  // A user who calls himself `group:ops` is not that group.
  const isNamed = (list: readonly string[]): boolean =>
    list.some((entry) =>
      entry.startsWith('group:')
        ? own.has(plainGroup(entry.slice('group:'.length)))
        : entry === name,
    );
  if (isNamed(roles.admins)) return { name, role: 'admin' };
  if (isNamed(roles.operators)) return { name, role: 'operator' };
  return roles.viewers.length === 0 || isNamed(roles.viewers) ? { name, role: 'viewer' } : null;
}

/**
 * The first group that looks like several joined by something other than commas, one of which has a
 * role. Splitting it might give a user too much; not splitting it would silently take a role away.
 * Undefined when there is none.
 */
export function doubtfulGroup(
  groups: readonly string[],
  { admins, operators, viewers }: Config['dashboard']['roles'],
): string | undefined {
  const named = new Set(
    [...admins, ...operators, ...viewers].flatMap((entry) =>
      entry.startsWith('group:') ? [plainGroup(entry.slice(6))] : [],
    ),
  );
  return groups.find((group) => {
    const parts = group.split(/[|;\s]+/).filter((part) => part !== '');
    return (
      !named.has(plainGroup(group)) &&
      parts.length > 1 &&
      parts.some((part) => named.has(plainGroup(part)))
    );
  });
}

/**
 * Keycloak names groups by their paths: its `/ops` is the group `ops`, and `/a/ops` is another one.
 */
function plainGroup(group: string): string {
  return group.replace(/^\/(?=[^/]+$)/, '');
}

/** Whether a text can appear in the audit as one person's name. */
export function isName(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    /^[^\p{C}]+$/u.test(text) &&
    text.trim() === text &&
    text.length <= nameCharactersMax
  );
}
