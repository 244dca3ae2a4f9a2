/** Something that a session began in the hosting root, and left behind when it was killed or met a full disk. */
export interface Leftover {
  /** Absolute. */
  readonly path: string;
  /** `upload`: a pack of a push that did not come to its end. `lock`: a lock that was being taken or freed. `place`: what was begun and is no branch. */
  readonly kind: 'upload' | 'lock' | 'place';
  /** Whose place it is in, as `~alice`. */
  readonly owner: string;
  /** Below the hosting root, as `~alice/project/trunk`. */
  readonly branch: string;
  readonly bytes: number;
  /** When it last changed, RFC 3339. */
  readonly changedAt: string;
  /** Why it is not collected yet; null when nothing speaks for it. */
  readonly keptFor: string | null;
}
