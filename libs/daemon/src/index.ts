export { createLogger } from './log.ts';
export type { Logger } from './log.ts';
export { processStartTime } from './process-identity.ts';
export { checkoutDirectory } from './checkout.ts';
export { readPartRecord } from './part-record.ts';
export type { PartRecord } from './part-record.ts';
export { runPart, StartError } from './run-part.ts';
export type { Part, PartContext } from './run-part.ts';
