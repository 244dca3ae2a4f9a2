/** One session with its private memory, which its end frees. */
export interface SessionMemory {
  readonly id: string;
  readonly user: string | null;
  readonly bytes: number;
}

/** A session to end, and its user's total. */
export interface OverBudget {
  readonly id: string;
  readonly user: string;
  readonly userBytes: number;
  readonly sessions: number;
}

/**
 * The sessions to end so that no user is over the budget: for each user over it, the largest
 * sessions first, and no more than necessary. A session without a user counts alone. A budget of 0
 * means none. Pure.
 */
export function overBudget(sessions: readonly SessionMemory[], budgetBytes: number): OverBudget[] {
  if (budgetBytes === 0) return [];
  return [...byUser(sessions)].flatMap(([user, own]) => endUntilBelow(user, own, budgetBytes));
}

/**
 * Users who may be over the budget, by an upper bound for each session; the others need no closer
 * look.
 */
export function suspects(
  bounds: readonly SessionMemory[],
  budgetBytes: number,
): ReadonlySet<string> {
  if (budgetBytes === 0) return new Set();
  const over = [...byUser(bounds)].filter(([, own]) => sum(own) > budgetBytes);
  return new Set(over.map(([user]) => user));
}

function byUser(sessions: readonly SessionMemory[]): Map<string, SessionMemory[]> {
  const users = new Map<string, SessionMemory[]>();
  for (const session of sessions) {
    if (session.user === null) continue;
    const own = users.get(session.user);
    if (own === undefined) users.set(session.user, [session]);
    else own.push(session);
  }
  return users;
}

function endUntilBelow(
  user: string,
  own: readonly SessionMemory[],
  budgetBytes: number,
): OverBudget[] {
  const userBytes = sum(own);
  const ended: OverBudget[] = [];
  let left = userBytes;
  for (const { id, bytes } of own.toSorted((one, other) => other.bytes - one.bytes)) {
    if (left <= budgetBytes) break;
    ended.push({ id, user, userBytes, sessions: own.length });
    left -= bytes;
  }
  return ended;
}

function sum(sessions: readonly SessionMemory[]): number {
  return sessions.reduce((bytes, session) => bytes + session.bytes, 0);
}
