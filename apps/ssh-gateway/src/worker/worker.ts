import type { Socket } from 'node:net';
import type { RunningSession } from '@hatchery/events';
import type { Whose } from './whose.ts';
import type { Family } from '@hatchery/metrics';
import type { GatewayStatus, StatusEvent } from '../status/status.ts';

/** Whatever serves connections that were accepted: this very process, or a pool of others. */
export interface Worker {
  /** Takes over a paused socket. */
  accept(socket: Socket): void;
  /** Whether it takes connections, and how it ends. Changes with {@link take} alone. */
  readonly status: GatewayStatus;
  /** Drains, takes a drain back, ends behind a successor, or stops. */
  take(event: StatusEvent): void;
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
  /** Processes that can take connections; 0 in a drain. */
  readonly ready: number;
  /** Why nobody can sign in at present, or null. */
  readonly hindrance: string | null;
}
