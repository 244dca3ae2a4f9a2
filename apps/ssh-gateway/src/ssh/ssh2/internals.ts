import type { Connection, ParsedKey, Session } from 'ssh2';
import type { Socket } from 'node:net';

/**
 * The private parts of ssh2 1.17.0 that the gateway uses, each for a trap named where it is used.
 * package.json pins that exact version.
 */
export interface ProtocolInternals {
  _offer: object;
  /**
   * The key exchange in progress; undefined until the client's first packet of it has been read.
   */
  _kex: KeyExchangeInternals | undefined;
  /** Our own first packet of the exchange in progress; undefined while there is none. */
  readonly _kexinit: Buffer | undefined;
  /** Packets queued until the end of an exchange. */
  readonly _queue: readonly Buffer[] | undefined;
  /** Undefined once the protocol was dismantled. */
  readonly _destruct: (() => void) | undefined;
  _decipher: { _onPayload: PayloadHandler };
  _onPayload: PayloadHandler;
  /** The next packet was sent on a wrong guess (RFC 4253 7). */
  _skipNextInboundPacket: boolean;
  /** Requests that wait for their answers. */
  readonly _authsQueue: string[];
  readonly _packetRW: { readonly write: PacketWriter };
  readonly _handlers: {
    USERAUTH_REQUEST: (
      protocol: ProtocolInternals,
      user: string,
      service: string,
      method: string,
      data: unknown,
    ) => void;
    GLOBAL_REQUEST: (
      protocol: ProtocolInternals,
      name: string,
      wantReply: boolean,
      data: unknown,
    ) => void;
    CHANNEL_OPEN: (protocol: ProtocolInternals, info: ChannelOpen) => void;
    CHANNEL_DATA: (protocol: ProtocolInternals, recipient: number, data: Buffer) => void;
    CHANNEL_REQUEST: (
      protocol: ProtocolInternals,
      recipient: number,
      type: string,
      wantReply: boolean,
      data: unknown,
    ) => void;
  };
  requestSuccess(data: Buffer): void;
  requestFailure(): void;
  channelFailure(channel: number): void;
  /** `reason` is a number of RFC 4254 5.1, `text` for the user. */
  channelOpenFail(sender: number, reason: number, text: string): void;
  channelClose(channel: number): void;
  exitStatus(channel: number, status: number): void;
  exitSignal(channel: number, name: string, coreDumped: boolean, message: string): void;
}

/** A channel that the client wants to open. */
interface ChannelOpen {
  readonly type: string;
  /** Its number on the client's side. */
  readonly sender: number;
}

/** Its return value is for ssh2's parser. */
export type PayloadHandler = (payload: Buffer) => unknown;

interface PacketWriter {
  readonly allocStart: number;
  readonly allocStartKEX: number;
  alloc(payloadBytes: number, force?: boolean): Buffer;
  finalize(packet: Buffer, force?: boolean): Buffer;
}

/** One key exchange on the server's side, created when the client's KEXINIT has arrived. */
export interface KeyExchangeInternals {
  readonly sessionID: Buffer | undefined;
  readonly negotiated: { serverHostKey: string };
  remoteExtInfoEnabled: boolean;
  _remoteKexinit: Buffer;
  _hostKey: ParsedKey | undefined;
  convertPublicKey(key: Buffer): Buffer;
  computeSecret(otherPublicKey: Buffer): Buffer | Error;
  getPublicKey(): Buffer;
  finish(scOnly?: boolean): unknown;
}

type WriteMethod = (
  data: Buffer,
  encoding: BufferEncoding | null,
  callback: (error?: Error | null) => void,
) => void;

interface ChannelEnd {
  readonly id: number;
  window: number;
  packetSize: number;
  state: 'open' | 'eof' | 'closing' | 'closed';
}

export interface ChannelInternals {
  readonly incoming: ChannelEnd;
  readonly outgoing: ChannelEnd;
  _chunk: Buffer | undefined;
  _chunkcb: (() => void) | undefined;
  _chunkErr: Buffer | undefined;
  _chunkcbErr: (() => void) | undefined;
  _write: WriteMethod;
  readonly stderr: { _write: WriteMethod };
  eof(): void;
}

export interface SessionInternals {
  readonly _channel: ChannelInternals | undefined;
  readonly _ending: boolean;
  readonly _chanInfo: { readonly incoming: ChannelEnd; readonly outgoing: ChannelEnd };
}

export interface ConnectionInternals {
  readonly _sock: Socket;
  readonly authenticated: boolean;
  readonly _protocol: ProtocolInternals;
  readonly _chanMgr: { get(id: number): unknown; remove(id: number): void };
}

export function internalsOf(connection: Connection): ConnectionInternals {
  return connection as unknown as ConnectionInternals;
}

export function sessionInternals(session: Session): SessionInternals {
  return session as unknown as SessionInternals;
}

export function channelInternals(channel: object): ChannelInternals {
  return channel as ChannelInternals;
}
