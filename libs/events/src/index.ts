export type { Child, ChildExit, ChildRusage, ChildState, ChildUsage } from './child.ts';
export type {
  ActionEvent,
  ChildEvent,
  Event,
  EventBody,
  EventKind,
  LockEvent,
  ServiceEvent,
  SessionBytes,
  SessionEvent,
  SessionPhasesMs,
} from './event.ts';
export { eventKindOf } from './event.ts';
export { drainOf, readDrain } from './drain.ts';
export type { Drain } from './drain.ts';
export { describeParty } from './describe-party.ts';
export {
  describeFailure,
  failureKinds,
  failureOfStatus,
  failureStatus,
  failureWords,
  isOurs,
} from './failure.ts';
export type { FailureKind, SessionFailure } from './failure.ts';
export type { FeedMessage, FeedPosition } from './feed.ts';
export type {
  FeedState,
  LiveMessage,
  LivePosition,
  LiveRequest,
  ReadOnlyState,
  Role,
  Stuck,
  UsageSample,
} from './live.ts';
export { areLeftoversKept, describeLeftovers, leftoverRemedy, sumLeftovers } from './leftover.ts';
export type { Leftover, LeftoverSum } from './leftover.ts';
export { limitCause, limitNames, limitOf } from './limit.ts';
export type { LimitName } from './limit.ts';
export type { ForkerLoad, Spans } from './load.ts';
export type { Lock, LockCondition, LockKind, LockParty } from './lock.ts';
export type {
  Check,
  PastAudit,
  PastChild,
  PastRefusals,
  PastRow,
  PastRows,
  PastSessions,
  PastStatistics,
  PastTimeline,
  Spread,
  SpreadRow,
} from './past.ts';
export { isChildRusage } from './read-rusage.ts';
export type { RunningSession } from './session.ts';
export { emptyView, recentChildrenMax, reduce, unsaidReason, ViewDraft } from './view.ts';
export type { View, ZygoteView } from './view.ts';
export type { ZygoteHealth, ZygoteTrouble } from './zygote.ts';
