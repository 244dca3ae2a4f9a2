export { ControlError, controlRequest } from './control-request.ts';
export { dialFeed } from './dial.ts';
export type { FeedConnection, FeedListener } from './dial.ts';
export { EventLog } from './event-log.ts';
export type { EventLogOptions } from './event-log.ts';
export { EventJournal } from './journal/event-journal.ts';
export type { JournalListener, JournalOptions } from './journal/event-journal.ts';
export { LineSplitter } from './line-splitter.ts';
export { serveFeed } from './serve.ts';
