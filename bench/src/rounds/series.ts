/**
 * What one contender was measured at: one entry a round, which holds one value or, for bursts,
 * several.
 */
export interface Series<Value = number> {
  readonly name: string;
  readonly rounds: readonly (readonly Value[])[];
}

/**
 * One of those that take turns. `sample` measures once and throws when what it measured went wrong.
 */
export interface Contender<Value = number> {
  readonly name: string;
  sample(): Promise<readonly Value[]>;
}
