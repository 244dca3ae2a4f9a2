// Long: all statements that write the history are together.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { ownIntentMsMax } from '../limits.ts';
import {
  partyName,
  type AuditIntent,
  type AuditOutcome,
  type GatewayRecord,
  type HistoryRecord,
} from './record.ts';

/**
 * Writes records, each batch whole or not at all. Statements are prepared once, because a busy feed
 * brings hundreds a second.
 */
export function recordWriter(database: DatabaseSync): (records: readonly HistoryRecord[]) => void {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const run = (sql: string, values: { readonly [name: string]: SQLInputValue }): number => {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return Number(statement.run(values).changes);
  };
  return (records) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const record of records) write(run, record);
      database.exec('COMMIT');
    } catch (error) {
      // After a full disk SQLite may have rolled back by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

type Run = (sql: string, values: { readonly [name: string]: SQLInputValue }) => number;

function write(run: Run, record: HistoryRecord): void {
  switch (record.type) {
    case 'session':
      return writeSession(run, record);
    case 'hold':
      return writeHold(run, record);
    case 'hold-end': {
      const { lockId, at, ending } = record;
      const lasts = 'WHERE lock_id = $lockId AND to_at IS NULL AND from_at <= $at';
      run(`UPDATE hold SET to_at = $at, ending = $ending ${lasts}`, { lockId, at, ending });
      return;
    }
    case 'wait': {
      const { lockId, name, at, waiter } = record;
      run(
        `INSERT OR IGNORE INTO wait (lock_id, party, from_at, name, child_id, user)
         VALUES ($lockId, $party, $at, $name, $childId, $user)`,
        { lockId, party: partyName(waiter), at, name, childId: waiter.childId, user: waiter.user },
      );
      return;
    }
    case 'wait-end': {
      const { lockId, party, at, ending } = record;
      run(
        `UPDATE wait SET to_at = $at, ending = $ending
         WHERE party = $party AND ($lockId IS NULL OR lock_id = $lockId) AND to_at IS NULL AND from_at <= $at`,
        { lockId, party, at, ending },
      );
      return;
    }
    case 'present':
      return writePresent(run, record);
    case 'usage': {
      const { childId, at, cpuPercent, privateBytes, rssBytes, ioBytes, faults } = record;
      run(
        `INSERT OR REPLACE INTO usage VALUES ($childId, $at, $cpuPercent, $privateBytes, $rssBytes, $ioBytes, $faults)`,
        { childId, at, cpuPercent, privateBytes, rssBytes, ioBytes, faults },
      );
      return;
    }
    case 'mark': {
      const { at, kind, text, childId } = record;
      run(
        `INSERT INTO mark SELECT $at, $kind, $text, $childId
         WHERE NOT EXISTS (SELECT 1 FROM mark WHERE at = $at AND kind = $kind AND text = $text)`,
        { at, kind, text, childId },
      );
      return;
    }
    case 'gateway':
      return writeGateway(run, record);
    case 'intent':
      return writeIntent(run, record);
    case 'outcome':
      return writeOutcome(run, record);
  }
}

function writeSession(
  run: Run,
  { child, cause }: Extract<HistoryRecord, { type: 'session' }>,
): void {
  const { rusage } = child;
  run(
    `INSERT INTO session (id, pid, user, peer, command, started_at, connected_at, ended_at, exit_code, exit_signal,
       cause, user_ms, system_ms, max_rss_bytes, faults, blocks)
     VALUES ($id, $pid, $user, $peer, $command, $startedAt, $connectedAt, $endedAt, $exitCode, $exitSignal,
       $cause, $userMs, $systemMs, $maxRssBytes, $faults, $blocks)
     ON CONFLICT (id) DO UPDATE SET connected_at = excluded.connected_at, ended_at = excluded.ended_at,
       exit_code = excluded.exit_code, exit_signal = excluded.exit_signal, cause = coalesce(excluded.cause, cause),
       user_ms = excluded.user_ms, system_ms = excluded.system_ms, max_rss_bytes = excluded.max_rss_bytes,
       faults = excluded.faults, blocks = excluded.blocks
     WHERE ended_at IS NULL OR cause = 'unseen'`,
    {
      id: child.id,
      pid: child.pid,
      user: child.user,
      peer: child.peer,
      command: child.command,
      startedAt: Date.parse(child.startedAt),
      connectedAt: instant(child.connectedAt),
      endedAt: instant(child.endedAt),
      exitCode: child.exit?.code ?? null,
      exitSignal: child.exit?.signal ?? null,
      cause,
      userMs: rusage?.userMs ?? null,
      systemMs: rusage?.systemMs ?? null,
      maxRssBytes: rusage?.maxRssBytes ?? null,
      faults: rusage === null ? null : rusage.minorFaults + rusage.majorFaults,
      blocks: rusage === null ? null : rusage.inBlocks + rusage.outBlocks,
    },
  );
}

function writeHold(run: Run, { lock, at }: Extract<HistoryRecord, { type: 'hold' }>): void {
  const { id: lockId, kind, name, path, nonce, holder } = lock;
  const { childId = null, pid = null, user = null, host = null } = holder ?? {};
  // If a lock changed hands while the feed was disconnected, the earlier hold is over.
  run(
    `UPDATE hold SET to_at = $at, ending = 'unseen' WHERE lock_id = $lockId AND to_at IS NULL AND from_at < $at`,
    {
      lockId,
      at,
    },
  );
  run(
    `INSERT OR IGNORE INTO hold (lock_id, from_at, kind, name, path, nonce, child_id, pid, user, host)
     VALUES ($lockId, $at, $kind, $name, $path, $nonce, $childId, $pid, $user, $host)`,
    { lockId, at, kind, name, path, nonce, childId, pid, user, host },
  );
  // A smart server's command names no branch; the first lock it takes does.
  if (childId !== null && kind !== 'script')
    run('UPDATE session SET branch = $name WHERE id = $childId AND branch IS NULL', {
      name,
      childId,
    });
}

function writeGateway(
  run: Run,
  { childId, sessionId, at, reason, bytes, phasesMs }: GatewayRecord,
): void {
  run(
    `INSERT OR REPLACE INTO gateway VALUES ($childId, $sessionId, $at, $reason, $bytesIn, $bytesOut, $bytesErr,
       $auth, $exec, $forked, $firstByte, $end)`,
    {
      childId,
      sessionId,
      at,
      reason,
      bytesIn: bytes.in,
      bytesOut: bytes.out,
      bytesErr: bytes.err,
      ...phasesMs,
    },
  );
}

function writePresent(
  run: Run,
  { at, childIds, lockIds }: Extract<HistoryRecord, { type: 'present' }>,
): void {
  const [children, locks] = [JSON.stringify(childIds), JSON.stringify(lockIds)];
  run(
    `UPDATE session SET ended_at = $at, cause = 'unseen'
     WHERE ended_at IS NULL AND id NOT IN (SELECT value FROM json_each($children))`,
    { at, children },
  );
  for (const table of ['hold', 'wait']) {
    run(
      `UPDATE ${table} SET to_at = $at, ending = 'unseen'
       WHERE to_at IS NULL AND lock_id NOT IN (SELECT value FROM json_each($locks))`,
      { at, locks },
    );
  }
}

/**
 * An action requested here comes back over the feed under the forker's own id: both are one line of
 * the audit.
 */
function writeIntent(run: Run, intent: AuditIntent): void {
  const { at, actor, verb, target, reason, via, ownId, actionId } = intent;
  const lock = lockColumns(intent);
  if (actionId !== null) {
    const values = {
      actionId,
      actor,
      target,
      reason,
      from: at - ownIntentMsMax,
      to: at + ownIntentMsMax,
      ...lock,
    };
    // The forker broke the lock that it saw itself, a moment after this page.
    const known = run(
      `UPDATE audit SET action_id = $actionId, lock_name = coalesce($lockName, lock_name),
         lock_kind = coalesce($lockKind, lock_kind), lock_path = coalesce($lockPath, lock_path),
         lock_before = coalesce($lockBefore, lock_before) WHERE number = (SELECT number FROM audit
         WHERE action_id IS NULL AND own_id IS NOT NULL AND actor = $actor AND target = $target AND reason = $reason
           AND at BETWEEN $from AND $to ORDER BY number LIMIT 1)
         AND NOT EXISTS (SELECT 1 FROM audit WHERE action_id = $actionId)`,
      values,
    );
    if (known > 0) return;
  }
  run(
    `INSERT OR IGNORE INTO audit (at, actor, verb, target, reason, via, own_id, action_id,
       lock_name, lock_kind, lock_path, lock_before)
     VALUES ($at, $actor, $verb, $target, $reason, $via, $ownId, $actionId,
       $lockName, $lockKind, $lockPath, $lockBefore)`,
    { at, actor, verb, target, reason, via, ownId, actionId, ...lock },
  );
}

function lockColumns({ lock }: AuditIntent): { readonly [name: string]: string | null } {
  const { name = null, kind = null, path = null, state = null } = lock ?? {};
  return { lockName: name, lockKind: kind, lockPath: path, lockBefore: state };
}

function writeOutcome(run: Run, { at, ownId, actionId, outcome, lockAfter }: AuditOutcome): void {
  if (ownId === null) {
    run(
      `UPDATE audit SET outcome = coalesce(outcome, $outcome), done_at = coalesce(done_at, $at),
         lock_after = coalesce($lockAfter, lock_after) WHERE action_id = $actionId`,
      { actionId, outcome, at, lockAfter },
    );
    return;
  }
  run('UPDATE audit SET outcome = $outcome, done_at = $at WHERE own_id = $ownId', {
    ownId,
    outcome,
    at,
  });
}

function instant(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
