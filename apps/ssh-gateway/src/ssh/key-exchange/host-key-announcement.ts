import { readWire, wireString } from '@hatchery/ssh-keys';
import { signAsHost, type HostKeys } from './host-keys.ts';
import type { ConnectionInternals } from '../ssh2/internals.ts';
import { sendMessage } from '../ssh2/ssh2-parts.ts';

const announcement = 'hostkeys-00@openssh.com';
const proofRequest = 'hostkeys-prove-00@openssh.com';

/** SSH_MSG_GLOBAL_REQUEST (RFC 4254 4). */
const globalRequest = 80;

/**
 * Sends a signed-in client all keys of this host, and proves those it asks about, so that a new key
 * gets into known_hosts before the old one goes. Source: OpenSSH's PROTOCOL 2.5.
 */
export function announceHostKeys({ _protocol }: ConnectionInternals, { keys }: HostKeys): void {
  const blobs = keys.map(({ blob }) => wireString(blob));
  const wantReply = Buffer.of(0);
  sendMessage(
    _protocol,
    Buffer.concat([Buffer.of(globalRequest), wireString(announcement), wantReply, ...blobs]),
  );
}

/**
 * Answers the request for proofs; passes everything else to ssh2. Once for each connection, since
 * each answer costs signatures.
 */
export function answerProofRequests(connection: ConnectionInternals, hostKeys: HostKeys): void {
  const { _protocol: protocol } = connection;
  const handlers = protocol._handlers;
  const handle = handlers.GLOBAL_REQUEST;
  let answered = false;
  handlers.GLOBAL_REQUEST = (from, name, wantReply, data) => {
    if (name !== proofRequest || !wantReply || !connection.authenticated || answered)
      return handle(from, name, wantReply, data);
    answered = true;
    const { sessionID, negotiated } = protocol._kex ?? {};
    const proofs =
      Buffer.isBuffer(data) && sessionID
        ? prove(data, hostKeys, sessionID, negotiated?.serverHostKey)
        : null;
    if (proofs === null) protocol.requestFailure();
    else protocol.requestSuccess(proofs);
  };
}

/** The requested signatures; null when a key is not ours or is requested twice. */
function prove(
  asked: Buffer,
  { keys }: HostKeys,
  sessionId: Buffer,
  negotiated: string | undefined,
): Buffer | null {
  const blobs = readWire(asked, (reader) => reader.restAsStrings());
  if (blobs === null || blobs.length === 0) return null;
  const wanted = blobs.map((blob) => keys.find((key) => key.blob.equals(blob)));
  if (new Set(wanted).size !== wanted.length) return null;
  const proofs: Buffer[] = [];
  for (const key of wanted) {
    if (key === undefined) return null;
    // A client that negotiated one of RSA's algorithms expects that same algorithm here.
    const algorithm = key.algorithms.find((name) => name === negotiated) ?? key.algorithms[0] ?? '';
    const signed = Buffer.concat([
      wireString(proofRequest),
      wireString(sessionId),
      wireString(key.blob),
    ]);
    proofs.push(wireString(signAsHost(key, algorithm, signed)));
  }
  return Buffer.concat(proofs);
}
