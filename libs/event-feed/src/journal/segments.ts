import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, View } from '@hatchery/events';
import { requireVersion } from '@hatchery/formats';
import { decodeRecords, type DecodedRecords } from './record.ts';

/** The first record of a segment: where it starts, and all that came before it. */
export interface SegmentHeader {
  readonly format: number;
  readonly epoch: string;
  /** The boot in which it was written, as /proc/sys/kernel/random/boot_id names it. */
  readonly boot: string;
  /** Number of the last event before it. */
  readonly seq: number;
  /** What everything up to `seq` comes to. */
  readonly view: View;
}

/** One file of the log, read. */
export interface Segment {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly events: readonly Event[];
  /** Length of what is whole in it. */
  readonly bytes: number;
  readonly end: DecodedRecords['end'];
  /** True when its writer had to go on without it: its events are true, but not all there were. */
  readonly behind: boolean;
}

const namePattern = /^events-(\d{16})\.(log|behind)$/;

/**
 * The name of a segment that starts behind event `seq`; names sort as their segments follow each
 * other.
 */
export function segmentName(seq: number): string {
  return `events-${String(seq).padStart(16, '0')}.log`;
}

/** The segment's name while the log goes on in memory alone. */
export function behindName(path: string): string {
  return path.replace(/\.log$/, '.behind');
}

/** Its name once the log is whole again. */
export function wholeName(path: string): string {
  return path.replace(/\.behind$/, '.log');
}

/** The name of a segment that is being made, until it is there whole. */
export function unfinishedName(path: string): string {
  return `${path}.unfinished`;
}

/**
 * Removes segments whose maker was killed before they were whole. @throws the error of readdir(2)
 * or unlink(2)
 */
export function removeUnfinished(directory: string): void {
  for (const name of readdirSync(directory))
    if (name.endsWith('.unfinished')) rmSync(join(directory, name));
}

/** The paths of all segments of a directory, oldest first. @throws the error of readdir(2) */
export function listSegments(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => namePattern.test(name))
    .sort()
    .map((name) => join(directory, name));
}

/**
 * Every segment of a directory, oldest first; files without a whole header are none. @throws the
 * error of readdir(2) or open(2)
 */
export /** @throws {FormatError} when it is of another version */
function readSegments(directory: string): Segment[] {
  return listSegments(directory).flatMap(
    (path) => readSegment(path, path.endsWith('.behind')) ?? [],
  );
}

function readSegment(path: string, behind: boolean): Segment | null {
  const { records, bytes, end } = decodeRecords(readFileSync(path));
  const [header, ...events] = records as [SegmentHeader | null | undefined, ...Event[]];
  // A file that somebody has put here.
  if (typeof header !== 'object' || header === null || !('format' in header)) return null;
  requireVersion('journal', path, header.format);
  const inOrder = events.every(({ seq }, index) => seq === header.seq + 1 + index);
  return {
    path,
    header,
    events: inOrder ? events : [],
    bytes,
    end: inOrder ? end : 'damaged',
    behind,
  };
}
