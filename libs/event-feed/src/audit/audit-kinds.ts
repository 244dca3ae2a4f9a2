import type { AuditEntry } from './audit-entry.ts';

/**
 * What "audit" means, on the command line and on the page: these entries, by the word that chooses
 * them. Ended sessions stand in the same files and are for `hatchery sessions` and the page's
 * History.
 */
export const auditKinds = {
  'sign-in': ['sign-in.accepted', 'page.signed-in'],
  // Of what is missing almost all are refusals.
  refusal: [
    'sign-in.refused',
    'page.refused',
    'connection.refused',
    'session.refused',
    'audit.missing',
  ],
  failure: ['session.failed'],
  action: ['action.requested', 'action.refused', 'lock.broken'],
} as const satisfies Readonly<Record<string, readonly AuditEntry['kind'][]>>;

/** A word that chooses entries, as `refusal`. */
export type AuditKind = keyof typeof auditKinds;

const words = new Map(
  Object.entries(auditKinds).flatMap(([word, kinds]) =>
    kinds.map((kind): [string, AuditKind] => [kind, word as AuditKind]),
  ),
);

/** The word that chooses an entry; null for one that is no part of the audit as it is shown. */
export function auditKindOf({ kind }: Pick<AuditEntry, 'kind'>): AuditKind | null {
  return words.get(kind) ?? null;
}
