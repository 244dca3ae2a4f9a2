import type { Role } from '@hatchery/events';

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the role `role` includes what needs at least `least`. */
export function reaches(role: Role, least: Role): boolean {
  return ranks[role] >= ranks[least];
}

export function highest(one: Role, other: Role): Role {
  return reaches(one, other) ? one : other;
}
