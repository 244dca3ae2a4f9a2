export { commandHints, quote } from './command-hints.ts';
export { createLogger } from './log.ts';
export type { Logger } from './log.ts';
export { jsonLogLine, readLogLine } from './log-line.ts';
export type { LineLevel } from './log-line.ts';
export { standardError, standardOutput } from './log-output.ts';
export type { LogHealth } from './log-output.ts';
export { descriptorNeed, proveDescriptors } from './descriptors.ts';
export {
  bootId,
  isElsewhere,
  pidNamespace,
  processStartTime,
  statFields,
} from './process-identity.ts';
export { ConnectionLimits, controlGuard, createGuardedServer } from './connection-limits.ts';
export type { HttpGuard } from './connection-limits.ts';
export { confinementOf } from './confinement.ts';
export type { Confinement } from './confinement.ts';
export { checkoutDirectory } from './checkout.ts';
export { nodeFlags } from './node-flags.ts';
export { makeDirectories } from './make-directories.ts';
export { createFile, modes, openFile } from './modes.ts';
export { giveToOwnerAbove, makeOwnedDirectory } from './ownership.ts';
export {
  clearPartHalt,
  currentHalt,
  describeHalt,
  readPartHalt,
  writePartHalt,
} from './part-halt.ts';
export type { PartHalt } from './part-halt.ts';
export {
  ownRecord,
  readPartRecord,
  readPartRecordElsewhere,
  readReplacedRecords,
  writePartRecord,
} from './part-record.ts';
export type { PartRecord } from './part-record.ts';
export { bindPort, listenOnPort, listenOnUnix, openPort, portError } from './open-port.ts';
export {
  PassedSockets,
  readPassedSockets,
  socketsOfSystemd,
  withoutSystemdSockets,
  writePassedSockets,
} from './passed-sockets.ts';
export type { PassedSocket } from './passed-sockets.ts';
export { runPart } from './run-part.ts';
export { makeRuntimeDirectory } from './runtime-link.ts';
export type { Part, PartContext } from './run-part.ts';
export { findPreloadLists, preloadListPaths } from './preload-list.ts';
export type { PreloadLists } from './preload-list.ts';
export { proveSafeProgram } from './safe-program.ts';
export {
  findSessionUser,
  foreignPlaceIn,
  isToBeGiven,
  may,
  ownCapabilities,
  withSessionUser,
} from './session-account.ts';
export type { SessionAccount, SessionUser } from './session-account.ts';
export { StartError } from './start-error.ts';
export { predecessorSocketPath, UnixName } from './unix-name.ts';
export type { Predecessor, UnixNameOptions } from './unix-name.ts';
export { version } from './version.ts';
export { readVersioned, versionedText } from './versioned-file.ts';
