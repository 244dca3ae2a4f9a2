export { parseCidrList } from './address-patterns.ts';
export type { AddressPatterns } from './address-patterns.ts';
export {
  noKeyIsLetIn,
  parseAuthorizedKeys,
  parseKeyLines,
  parseRevokedLines,
} from './authorized-keys.ts';
export type { AuthorizedKey, AuthorizedKeys, IgnoredLine } from './authorized-keys.ts';
export { hostKeyObjection, publicHostKeyObjection, unreadHostKey } from './host-key-file.ts';
export {
  fingerprintOf,
  isPublicKeyType,
  isShortRsaKey,
  parsePublicKey,
  readKeyFields,
} from './public-key.ts';
export type { PublicKey, PublicKeyType } from './public-key.ts';
export { refusalBytes, software } from './refusal-packet.ts';
export { parseTeams } from './teams.ts';
export type { Teams } from './teams.ts';
export {
  linkToNothing,
  objectionToFile,
  objectionToUserDirectory,
  teamsPerUserMax,
  userFileBytesMax,
  whyUnreadable,
} from './user-files.ts';
export { readWire, WireReader, wireString, wireUint32 } from './wire-format.ts';
