/** What admission looks at. */
export interface Load {
  readonly draining: boolean;
  readonly children: number;
  /** Children and pending forks of the same user. */
  readonly childrenOfUser: number;
  readonly user: string | null;
}

/** The configured limits. */
export interface AdmissionLimits {
  readonly childrenMax: number;
  readonly childrenPerUserMax: number;
}

/** Null admits; a string refuses and says which limit, how many, and what to do. */
export function refusalFor(load: Load, limits: AdmissionLimits): string | null {
  if (load.draining) return 'the service is draining: try again in a minute';
  if (load.children >= limits.childrenMax) {
    return `the service is full: ${load.children} of ${limits.childrenMax} sessions are in use (max_children); try again in a minute`;
  }
  if (load.user !== null && load.childrenOfUser >= limits.childrenPerUserMax) {
    return `${load.user} has ${load.childrenOfUser} of ${limits.childrenPerUserMax} sessions in use (max_children_per_user); end one, or try again in a minute`;
  }
  return null;
}
