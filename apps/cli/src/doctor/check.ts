/** One thing that a start needs. */
export interface Check {
  /** What was checked, with its value, such as `host key /srv/key`. */
  readonly what: string;
  /** Null when it is well; otherwise one line with the remedy. */
  readonly trouble: string | null;
  /** Why the check gave no result, with what to do; `trouble` is null then. */
  readonly unknown?: string;
}
