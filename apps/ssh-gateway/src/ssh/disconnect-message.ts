import type { Connection } from 'ssh2';
import { wireString, wireUint32 } from '../auth/wire-format.ts';
import { internalsOf } from './internals.ts';
import { sendMessageAtOnce } from './ssh2-parts.ts';

/** SSH_MSG_DISCONNECT and its reason "by application" (RFC 4253 11.1). */
const disconnectMessage = 1;
const byApplication = 11;

/** Says goodbye with a reason that the person reads: OpenSSH prints it on stderr. ssh2 itself sends none. */
export function sayGoodbye(client: Connection, reason: string): void {
  const payload = [Buffer.of(disconnectMessage), wireUint32(byApplication), wireString(reason), wireString('')];
  sendMessageAtOnce(internalsOf(client)._protocol, Buffer.concat(payload));
}
