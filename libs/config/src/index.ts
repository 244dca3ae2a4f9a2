export type { Address, Config, LogLevel } from './config.ts';
export { defaultConfigFile, loadConfig } from './load.ts';
export type { LoadOptions } from './load.ts';
export { readKeyDigests } from './key-digests.ts';
export { nearest } from './nearest.ts';
export { ConfigError } from './problem.ts';
export type { ConfigProblem } from './problem.ts';
export { algorithmNames, sshAlgorithms } from './ssh-algorithms.ts';
export type { AlgorithmKind } from './ssh-algorithms.ts';
export { readReadOnly } from './read-only.ts';
export { hostingUmask, sessionSettings, systemPython } from './session-settings.ts';
export type { SessionSettings } from './session-settings.ts';
export { runtimeLink } from './socket-path.ts';
export {
  auditDirectory,
  breezyHome,
  controlSocketPath,
  defaultHostKey,
  eventsDirectory,
  gatewayControlSocketPath,
  keeperSocketPath,
  partHaltPath,
  partRecordPath,
  readOnlyDirectory,
  sessionScratch,
  partsDirectory,
  readOnlyPath,
} from './paths.ts';
