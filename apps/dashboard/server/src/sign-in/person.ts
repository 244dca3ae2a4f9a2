import type { Config } from '@hatchery/config';
import type { Role } from '@hatchery/events';
import { groupsMax, nameCharactersMax } from '../limits.ts';

/** Who a signed-in browser acts as; `name` is what the audit log says. */
export interface Person {
  readonly name: string;
  readonly role: Role;
}

/** Somebody as a proxy or a provider tells of them. */
export interface Told {
  readonly name: string;
  readonly groups: readonly string[];
}

/** What the configuration makes of somebody, or null when they may not even look. */
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
 * The first group that looks like several, of which one has a role, put together by something else
 * than commas. Taken apart it might make somebody more than they are, and taken as one it would
 * take a role away in silence. Undefined when there is none.
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
 * Keycloak tells groups by their paths: its `/ops` is the group `ops`, and `/a/ops` another one.
 */
function plainGroup(group: string): string {
  return group.replace(/^\/(?=[^/]+$)/, '');
}

/** Whether a text can stand in the audit as the name of one person. */
export function isName(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    /^[^\p{C}]+$/u.test(text) &&
    text.trim() === text &&
    text.length <= nameCharactersMax
  );
}
