import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { historyPruneMs } from '../limits.ts';
import { answerAudit } from './answer-audit.ts';
import { answerQuery } from './answer-query.ts';
import { bytesUsed, openDatabase } from './database.ts';
import type { Ask, DatabaseState, Told, WorkerOptions } from './messages.ts';
import type { Answers, Query } from './query.ts';
import { prune } from './retention.ts';
import { recordWriter } from './store.ts';

/** The thread that owns the database: SQLite waits for the disk, and the live stream must not. */
function serve(port: MessagePort, { path, bytesMax, auditDirectory }: WorkerOptions): void {
  const { database, movedAside } = openDatabase(path, bytesMax, new Date());
  const write = recordWriter(database);
  const tell = (told: Told): void => port.postMessage(told);
  const state = (): DatabaseState => ({ bytes: bytesUsed(database), movedAside });
  let prunedAt = 0;
  const cleanUp = (): void => {
    if (Date.now() - prunedAt < historyPruneMs) return;
    prunedAt = Date.now();
    prune(database, prunedAt, bytesMax);
  };
  const answerOf = (query: Query): Answers[Query['name']] =>
    query.name === 'audit'
      ? answerAudit(auditDirectory, query.filter, query.cut)
      : answerQuery(database, query);
  const perform = (ask: Ask): Told => {
    if (ask.type === 'query')
      return { type: 'answer', number: ask.number, answer: answerOf(ask.query) };
    cleanUp();
    write(ask.records);
    return { type: 'written', number: ask.number, state: state() };
  };
  port.on('message', (ask: Ask) => {
    try {
      tell(perform(ask));
    } catch (error) {
      // The file is full: delete what may go before the next attempt.
      prunedAt = 0;
      tell({ type: 'failed', number: ask.number, error: (error as Error).message });
    }
  });
  tell({ type: 'opened', state: state() });
}

if (parentPort !== null) serve(parentPort, workerData as WorkerOptions);
