import { readdirSync, readFileSync } from 'node:fs';

/** One process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** The letter of proc(5), as `S`, `R` or `Z`. */
  readonly state: string;
  readonly commandLine: string;
}

/** Every process of the machine. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    const entry = /^\d+$/.test(name) ? readProcess(Number(name)) : null;
    return entry === null ? [] : [entry];
  });
}

/** The live processes that have `text` in their command line or environment. */
export function processesThatMention(text: string): ProcessEntry[] {
  return listProcesses().filter(({ pid, commandLine }) => {
    return (
      pid !== process.pid && (commandLine.includes(text) || readText(pid, 'environ').includes(text))
    );
  });
}

/** One process, or null when none has that pid; a zombie counts as one. */
export function readProcess(pid: number): ProcessEntry | null {
  const stat = readText(pid, 'stat');
  if (stat === '') return null;
  // The name in field 2 may hold spaces and parentheses, so count from its last one.
  const [state = '', parentPid = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const commandLine = readText(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return { pid, parentPid: Number(parentPid), state, commandLine };
}

/** True when the process runs: a zombie does not. */
export function isRunning(pid: number): boolean {
  const entry = readProcess(pid);
  return entry !== null && entry.state !== 'Z' && entry.state !== 'X';
}

/** CPU time used so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readText(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Fields 14 and 15 of proc(5), in hundredths of a second (USER_HZ).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function readText(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
