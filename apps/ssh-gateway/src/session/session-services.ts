import type { Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import type { Limits } from '../limits.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import type { ExecChannel } from '../ssh/channels/exec-channel.ts';
import type { SignedInConnection } from '../ssh/sign-in/signed-in-connection.ts';
import type { Absence } from './fork-service.ts';

/** Why a child was killed: for the record, and in a line for its user. */
export interface Killed {
  readonly cause: string;
  readonly line: string;
}

/** What a session uses and does not own. */
export interface SessionServices {
  readonly log: Logger;
  readonly limits: Limits;
  readonly now: () => number;
  readonly metrics: GatewayMetrics;
  readonly publish: (event: EventBody) => void;
  readonly audit: (entry: AuditBody) => void;
  readonly forkSocket: string;
  /** For when nobody answers there. */
  readonly absence: Absence;
  /**
   * Asks the forker why a child was killed; null when there is nothing to tell. Rejects when it
   * gives no answer.
   */
  readonly endingOf: (childId: string) => Promise<Killed | null>;
  /** Asks the forker to signal a child by its id. */
  readonly signalChild: (childId: string, signal: string, reason: string) => Promise<void>;
}

/** What is asked for, by whom. */
export interface SessionOptions {
  readonly id: string;
  readonly connection: SignedInConnection;
  readonly channel: ExecChannel;
  /** As in {@link CommandDecision}: what is forked, in our words. */
  readonly command: readonly string[];
  /** The first of its connection. */
  readonly isFirst: boolean;
}
