export { formats, type FormatName } from './formats.ts';
export { FormatError, requireVersion, versionTrouble, withVersion } from './version.ts';
