import type { Connection } from 'ssh2';
import type { Config } from '@hatchery/config';
import { wireString, wireUint32 } from '@hatchery/ssh-keys';
import { userSignatureAlgorithms } from '../key-exchange/algorithms.ts';
import { announceHostKeys, answerProofRequests } from '../key-exchange/host-key-announcement.ts';
import { keyForExchange, type HostKeys, type HostProof } from '../key-exchange/host-keys.ts';
import { answerHybrid, hybridKeyExchange } from '../key-exchange/hybrid-key-exchange.ts';
import {
  internalsOf,
  type KeyExchangeInternals,
  type PayloadHandler,
  type ProtocolInternals,
} from './internals.ts';
import { guessedWrong, parseKexInit, withKexList } from '../key-exchange/kexinit.ts';
import { disagreementOf, type Disagreement, type Offer } from '../key-exchange/negotiation.ts';
import { makeOffer, sendMessage } from './ssh2-parts.ts';
import { parseUserauthRequest, type UserauthRequest } from '../sign-in/userauth-request.ts';

const message = { extInfo: 7, kexInit: 20, userauthRequest: 50 } as const;

/**
 * The stand-in that ssh2 negotiates for {@link hybridKeyExchange}: its exchange has the same two
 * messages.
 */
const standIn = 'curve25519-sha256';

export interface TransportOptions {
  readonly hostKeys: HostKeys;
  readonly algorithms: Config['ssh']['algorithms'];
  /** The client has nothing in common with the offer; end the connection. */
  readonly disagreed: (disagreement: Disagreement) => void;
  /** The client broke the protocol; end the connection. */
  readonly violation: (what: string) => void;
}

/**
 * Makes an ssh2 connection do what ssh2 1.17 cannot: a hybrid key exchange, host certificates, a
 * correct `server-sig-algs`, host key rotation, and sign-in requests with security keys and
 * certificates. Call it in ssh2's `connection` event, which comes between the identifications and
 * the first KEXINIT. docs/decisions/0006-extending-ssh2.md lists what it relies on.
 */
export function mendTransport(client: Connection, options: TransportOptions): void {
  const connection = internalsOf(client);
  const protocol = connection._protocol;
  const { kex, ciphers, macs, hostKeys } = options.algorithms;
  const offered = {
    kex,
    ciphers,
    macs,
    hostKey: hostKeys.filter((name) => options.hostKeys.proofs.has(name)),
  };
  protocol._offer = offerOf(offered);
  const negotiate =
    (handle: PayloadHandler): PayloadHandler =>
    (payload) =>
      payload[0] === message.kexInit
        ? exchangeKeys(client, payload, handle, options, offered)
        : handle(payload);
  // ssh2 has already bound the first one to its decipher; the other handles everything under new
  // keys.
  protocol._decipher._onPayload = negotiate(protocol._decipher._onPayload);
  protocol._onPayload = readSignIns(protocol, negotiate(protocol._onPayload), options.violation);
  answerProofRequests(connection, options.hostKeys);
  client.once('ready', () => announceHostKeys(connection, options.hostKeys));
}

function offerOf({ kex, hostKey: serverHostKey, ciphers, macs }: Offer): object {
  const direction = { cipher: ciphers, mac: macs, compress: ['none'], lang: [] };
  return makeOffer({
    kex: [...kex, 'kex-strict-s-v00@openssh.com'],
    serverHostKey,
    cs: direction,
    sc: direction,
  });
}

function exchangeKeys(
  client: Connection,
  payload: Buffer,
  handle: PayloadHandler,
  { hostKeys, disagreed }: TransportOptions,
  offered: Offer,
): unknown {
  const protocol = internalsOf(client)._protocol;
  const theirs = parseKexInit(payload);
  if (theirs === null) return handle(payload);
  const disagreement = disagreementOf(theirs, offered);
  if (disagreement !== null) return disagreed(disagreement);
  const isHybrid = theirs.kex.find((name) => offered.kex.includes(name)) === hybridKeyExchange;
  const kexBefore = protocol._kex;
  const result = handle(
    isHybrid
      ? withKexList(
          payload,
          theirs.kex.map((name) => (name === hybridKeyExchange ? standIn : name)),
        )
      : payload,
  );
  const kex = protocol._kex;
  // There was no agreement; ssh2 has reported it.
  if (kex === undefined || kex === kexBefore) return result;
  // Both sides hash the bytes that were really sent.
  kex._remoteKexinit = payload;
  if (isHybrid) exchangeHybrid(kex);
  const proof = hostKeys.proofs.get(kex.negotiated.serverHostKey);
  if (proof !== undefined) proveWith(kex, proof);
  // ssh2 compares the guess with one character of the name, so it always finds it wrong.
  protocol._skipNextInboundPacket = guessedWrong(theirs, offered);
  // ssh2's own list lacks a comma and so names no sha2-512. Ours follows the first new keys at
  // once, as RFC 8308 2.4 requires.
  if (kex.remoteExtInfoEnabled && kexBefore === undefined)
    client.once('handshake', () => sendExtensionInfo(protocol));
  kex.remoteExtInfoEnabled = false;
  return result;
}

function sendExtensionInfo(protocol: ProtocolInternals): void {
  const extension = [wireString('server-sig-algs'), wireString(userSignatureAlgorithms.join(','))];
  sendMessage(protocol, Buffer.concat([Buffer.of(message.extInfo), wireUint32(1), ...extension]));
}

/**
 * Replaces the computation in one of ssh2's exchanges, which then hashes, signs and derives as
 * before.
 */
function exchangeHybrid(kex: KeyExchangeInternals): void {
  let reply = Buffer.alloc(0);
  kex.convertPublicKey = (key) => key;
  kex.computeSecret = (clientInit) => {
    try {
      const answer = answerHybrid(clientInit);
      reply = Buffer.from(answer.reply);
      return answer.secret;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  kex.getPublicKey = () => reply;
}

/** A certificate is shown instead of the key, but signed for under the key's own name. */
function proveWith(kex: KeyExchangeInternals, proof: HostProof): void {
  kex.negotiated.serverHostKey = proof.signatureAlgorithm;
  const finish = kex.finish.bind(kex);
  kex.finish = (scOnly) => {
    kex._hostKey = keyForExchange(proof);
    return finish(scOnly);
  };
}

/**
 * Sign-in requests are parsed here and not by ssh2, which parses signatures of security keys
 * wrongly.
 */
function readSignIns(
  protocol: ProtocolInternals,
  handle: PayloadHandler,
  violation: TransportOptions['violation'],
): PayloadHandler {
  return (payload) => {
    if (payload[0] !== message.userauthRequest) return handle(payload);
    const request = parseUserauthRequest(
      Buffer.from(payload),
      protocol._kex?.sessionID ?? Buffer.alloc(0),
    );
    if (request === null) return violation('malformed sign-in request');
    const { user, service, method, publicKey } = request;
    protocol._authsQueue.push(method);
    protocol._handlers.USERAUTH_REQUEST(
      protocol,
      user,
      service,
      method,
      publicKey === null ? {} : contextOf(publicKey),
    );
    return undefined;
  };
}

/** In the form of ssh2's PublicKeyAuthContext, with the signature unchanged. */
function contextOf({
  algorithm,
  blob,
  signature,
  signedData,
}: NonNullable<UserauthRequest['publicKey']>): object {
  return { keyAlgo: algorithm, key: blob, signature: signature ?? undefined, blob: signedData };
}
