export const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * A line without the `\r` of a `\r\n`; only one, as Launchpad's service did. Takes the line without
 * its `\n`.
 */
export function withoutCarriageReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}

/** The lines of a text whose last line is terminated, without their ends. */
export function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1).map(lineWithoutCarriageReturn);
}

function lineWithoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
