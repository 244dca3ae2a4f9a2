/**
 * The measurements of one contender: one entry per round, which holds one value or, for bursts,
 * several.
 */
export interface Series<Value = number> {
  readonly name: string;
  readonly rounds: readonly (readonly Value[])[];
}

/** A contender. `sample` measures once and throws when the measured operation failed. */
export interface Contender<Value = number> {
  readonly name: string;
  sample(): Promise<readonly Value[]>;
}
