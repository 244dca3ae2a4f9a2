import type { Socket } from 'node:net';
import type { RunningSession } from '@hatchery/events';
import type { Whose } from './whose.ts';
import type { Family } from '../metrics/family.ts';

/** Whatever serves connections that were accepted: this very process, or a pool of others. */
export interface Worker {
  /** Takes over a paused socket. */
  accept(socket: Socket): void;
  /**
   * Lets what runs end, with a deadline in milliseconds after which clients are disconnected.
   * `reason` is why, as those read it who come meanwhile; null when nobody has said.
   */
  drain(deadlineMs: number, reason: string | null): void;
  undrain(): void;
  /**
   * Ends behind a successor that gets all new connections: refuses nothing on those that it has,
   * and ends when the last of them has closed. After `deadlineMs` milliseconds clients are
   * disconnected.
   */
  retire(deadlineMs: number): void;
  /** Drains and ends; urgently it disconnects at once. */
  stop(urgent: boolean): void;
  report(): Promise<WorkerReport>;
  /**
   * Ends the connections of a user, at once and with their sessions, forgets what is remembered of
   * the user's keys, and says how many there were.
   * @throws an Error in words when a process could not be told in time
   */
  disconnect(whose: Whose): Promise<number>;
  /**
   * Puts new processes in the place of those that serve, and says so; where there are processes.
   */
  reload?(): Promise<string>;
  /** Resolves when all has ended; rejects when it cannot go on. */
  readonly finished: Promise<void>;
}

/** What a worker knows of itself. Plain data, for it crosses processes. */
export interface WorkerReport {
  readonly families: readonly Family[];
  readonly sessions: readonly RunningSession[];
  /** Open connections, with a session or without. */
  readonly connections: number;
  /** Processes that can take connections. */
  readonly ready: number;
  /** Why nobody can sign in at present, or null. */
  readonly hindrance: string | null;
}
