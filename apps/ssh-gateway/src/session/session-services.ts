import type { Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import type { EventBody } from '@hatchery/events';
import type { Limits } from '../limits.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import type { ExecChannel } from '../ssh/channels/exec-channel.ts';
import type { SignedInConnection } from '../ssh/sign-in/signed-in-connection.ts';
import type { Absence } from './fork-service.ts';

/** Why a child was killed: for the record, and as a line for its user. */
export interface Killed {
  readonly cause: string;
  readonly line: string;
}

/** What a session uses but does not own. */
export interface SessionServices {
  readonly log: Logger;
  readonly limits: Limits;
  readonly now: () => number;
  readonly metrics: GatewayMetrics;
  readonly publish: (event: EventBody) => void;
  readonly audit: (entry: AuditBody) => void;
  readonly forkSocket: string;
  /** For when the fork service does not answer. */
  readonly absence: Absence;
  /**
   * Asks the forker why a child was killed; null when there is no reason to report. Rejects when
   * the forker does not answer.
   */
  readonly endingOf: (childId: string) => Promise<Killed | null>;
  /** Asks the forker to signal a child by its id. */
  readonly signalChild: (childId: string, signal: string, reason: string) => Promise<void>;
}

/** Who asks for what. */
export interface SessionOptions {
  readonly id: string;
  readonly connection: SignedInConnection;
  readonly channel: ExecChannel;
  /** As in {@link CommandDecision}: the command to fork, in our words. */
  readonly command: readonly string[];
  /** True for the first session of its connection. */
  readonly isFirst: boolean;
}
