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
export function personOf({ name, groups }: Told, roles: Config['dashboard']['roles']): Person | null {
  const own = new Set(groups.slice(0, groupsMax).map((group) => `group:${group}`));
  // A user who calls himself `group:ops` is not that group.
  const isNamed = (list: readonly string[]): boolean =>
    list.some((entry) => (entry.startsWith('group:') ? own.has(entry) : entry === name));
  if (isNamed(roles.admins)) return { name, role: 'admin' };
  if (isNamed(roles.operators)) return { name, role: 'operator' };
  return roles.viewers.length === 0 || isNamed(roles.viewers) ? { name, role: 'viewer' } : null;
}

/** Whether a text can stand in the audit as the name of one person. */
export function isName(text: unknown): text is string {
  return (
    typeof text === 'string' && /^[^\p{C}]+$/u.test(text) && text.trim() === text && text.length <= nameCharactersMax
  );
}
