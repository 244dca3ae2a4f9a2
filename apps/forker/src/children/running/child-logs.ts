import { childLogCharactersMax, childLogLinesMax, childLogsMax } from '../../limits.ts';

/**
 * One line that a child has logged, with when it came here, RFC 3339. Control characters are as the
 * child sent them.
 */
export interface ChildLogLine {
  readonly at: string;
  readonly text: string;
}

/** The end of what one child has logged. `cut` is true when there was more before it. */
export interface ChildLog {
  readonly lines: readonly ChildLogLine[];
  readonly cut: boolean;
}

const nothing: ChildLog = { lines: [], cut: false };

/**
 * The last words of each child in the log of the service: tracebacks and crashes, which its client
 * is not shown. In memory alone, and of the children alone that logged last: all of it is in the
 * log of the service.
 */
export class ChildLogs {
  /** The one that logged last is the last. */
  readonly #logs = new Map<string, ChildLog>();

  add(id: string, text: string, now: Date): void {
    const { lines, cut } = this.of(id);
    const at = now.toISOString();
    const more = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ at, text: line }));
    const kept = tail([...lines, ...more]);
    this.#logs.delete(id);
    this.#logs.set(id, { lines: kept.lines, cut: cut || kept.cut });
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > childLogsMax && oldest !== undefined) this.#logs.delete(oldest);
  }

  /** Empty for a child that has logged nothing, or nothing that is still kept. */
  of(id: string): ChildLog {
    return this.#logs.get(id) ?? nothing;
  }
}

function tail(lines: readonly ChildLogLine[]): ChildLog {
  const kept: ChildLogLine[] = [];
  let room = childLogCharactersMax;
  for (const line of lines.slice(-childLogLinesMax).toReversed()) {
    if (room === 0) break;
    // The end of a line that is too long tells more than its beginning: an exception's message is
    // there.
    const text = line.text.slice(-room);
    room -= text.length;
    kept.unshift(text === line.text ? line : { ...line, text });
    if (text !== line.text) break;
  }
  return { lines: kept, cut: kept.length < lines.length || kept[0]?.text !== lines[0]?.text };
}
