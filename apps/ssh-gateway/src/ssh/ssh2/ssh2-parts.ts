import { createRequire } from 'node:module';
import type { ProtocolInternals } from './internals.ts';

/** The lists of one KEXINIT, as ssh2 keeps them. */
export interface OfferLists {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cs: DirectionLists;
  readonly sc: DirectionLists;
}

interface DirectionLists {
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
  readonly lang: readonly string[];
}

/** An offer in ssh2's own form, ready to be sent. */
export type KexInit = object;

const require = createRequire(import.meta.url);
const kex = require('ssh2/lib/protocol/kex.js') as { KexInit: new (lists: OfferLists) => KexInit };
const utilities = require('ssh2/lib/protocol/utils.js') as {
  sendPacket: (protocol: ProtocolInternals, packet: Buffer, bypass?: boolean) => boolean;
  convertSignature: (signature: Buffer, keyType: string) => Buffer | false | undefined;
};

/**
 * ssh2's check of algorithm names does not know ours, so this builds the offer without that check.
 */
export function makeOffer(lists: OfferLists): KexInit {
  return new kex.KexInit(lists);
}

/**
 * Sends one of our messages. During a key exchange it waits for the end, as RFC 4253 7.1 requires.
 */
export function sendMessage(protocol: ProtocolInternals, payload: Buffer): void {
  const writer = protocol._packetRW.write;
  const start = writer.allocStart;
  const packet = writer.alloc(payload.length);
  packet.set(payload, start);
  utilities.sendPacket(protocol, writer.finalize(packet));
}

/** Sends a message that may go out in the middle of a key exchange, such as a goodbye. */
export function sendMessageAtOnce(protocol: ProtocolInternals, payload: Buffer): void {
  const writer = protocol._packetRW.write;
  const start = writer.allocStartKEX;
  const packet = writer.alloc(payload.length, true);
  packet.set(payload, start);
  utilities.sendPacket(protocol, writer.finalize(packet, true), true);
}

/**
 * Converts a signature from OpenSSL's form to SSH's: they differ for ECDSA.
 * @throws when the input is not one
 */
export function signatureValue(signature: Buffer, keyType: string): Buffer {
  const value = utilities.convertSignature(signature, keyType);
  if (value === false || value === undefined)
    throw new Error(`the signature of the ${keyType} host key is malformed`);
  return value;
}
