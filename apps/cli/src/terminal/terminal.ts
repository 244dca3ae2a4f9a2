/** What a command knows of the world of whoever typed it. `main.ts` brings the real one. */
export interface Terminal {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Writes to standard output, as it is. */
  readonly print: (text: string) => void;
  /** Writes one line about the command itself to standard error, behind `hatchery: `. */
  readonly say: (line: string) => void;
}
