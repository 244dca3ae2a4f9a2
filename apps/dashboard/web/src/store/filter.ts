import type { Row } from './live-store.ts';

/** Whether a row matches; `now` is the server's clock in milliseconds. */
export type Test = (row: Row, now: number) => boolean;

/** Which children are listed. */
export const childrenViews = ['all', 'running', 'waiting', 'holding', 'stuck', 'ended'] as const;
export type ChildrenView = (typeof childrenViews)[number];

const texts: Readonly<Record<string, (row: Row) => string | null>> = {
  user: ({ child }) => child.user,
  state: ({ child }) => child.state,
  command: ({ child }) => child.command,
  branch: ({ branch }) => branch,
  peer: ({ child }) => child.peer,
  pid: ({ child }) => String(child.pid),
  id: ({ child }) => child.id,
};

const numbers: Readonly<Record<string, (row: Row, now: number) => number | null | undefined>> = {
  cpu: ({ child }) => child.usage?.cpuPercent,
  mem: ({ child }) => child.usage?.privateBytes,
  age: ({ child }, now) => (now - Date.parse(child.startedAt)) / 1_000,
  faults: ({ trend }) => trend?.faultsPerS,
  io: ({ trend }) => trend?.ioBytesPerS,
  locks: ({ holds }) => holds,
};

/** Factors to the unit of the numbers above: seconds, bytes, percent. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  '%': 1,
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/**
 * Reads a filter such as `anna`, `user:anna` or `cpu>50 age>5m mem>100M`. All words have to match.
 * A word that is no condition is searched for in the text of the row, so no input is an error.
 */
export function parseFilter(text: string): Test {
  const tests = text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(testOf);
  return (row, now) => tests.every((test) => test(row, now));
}

function testOf(word: string): Test {
  const [, name = '', sign, amount, unit = ''] =
    /^(\w+)([<>])(\d+(?:\.\d+)?)([%a-zA-Z]?)$/.exec(word) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (number !== undefined && factor !== undefined && amount !== undefined) {
    const bound = Number(amount) * factor;
    return (row, now) => {
      const value = number(row, now);
      return (
        value !== null && value !== undefined && (sign === '>' ? value > bound : value < bound)
      );
    };
  }
  const [, key = '', wanted = ''] = /^(\w+):(.+)$/.exec(word) ?? [];
  const textOf = Object.hasOwn(texts, key) ? texts[key] : undefined;
  if (textOf !== undefined)
    return (row) => (textOf(row) ?? '').toLowerCase().includes(wanted.toLowerCase());
  return anywhere(word.toLowerCase());
}

function anywhere(word: string): Test {
  return ({ child, branch }) =>
    [child.user, child.pid, child.command, child.peer, child.state, child.id, branch]
      .join(' ')
      .toLowerCase()
      .includes(word);
}

/** Whether a row belongs to a view. Ended children are not rows; they have their own table. */
export function isInView({ child, holds, awaits, stuckSince }: Row, view: ChildrenView): boolean {
  switch (view) {
    case 'all':
      return true;
    case 'running':
      return child.state === 'running' && awaits === 0;
    case 'waiting':
      return awaits > 0 || child.state === 'waiting' || child.state === 'starting';
    case 'holding':
      return holds > 0;
    case 'stuck':
      return stuckSince !== null;
    case 'ended':
      return false;
  }
}
