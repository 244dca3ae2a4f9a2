/** One thing a start needs. */
export interface Check {
  /** What was looked at, with its value, as `host key /srv/key`. */
  readonly what: string;
  /** Null when it is well, else one line that says how to mend it. */
  readonly trouble: string | null;
  /** Why nothing is known of it, with what to do; `trouble` is null then. */
  readonly unknown?: string;
}
