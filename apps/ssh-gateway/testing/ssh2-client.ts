import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import type { Destination } from './clients.ts';
import { within } from '@hatchery/testkit';

/**
 * The private parts of ssh2's client, with which a test can break rules that decent clients keep.
 */
export interface RawClient {
  readonly _sock: Socket;
  readonly _protocol: {
    ping(): void;
    rekey(): void;
    exec(channel: number, command: string, wantReply: boolean): void;
    session(channel: number, window: number, packetSize: number): void;
    channelData(channel: number, data: Buffer): void;
    channelClose(channel: number): void;
    channelWindowAdjust(channel: number, bytes: number): void;
  };
  readonly _chanMgr: {
    add(callback: (error: Error | undefined, channel: unknown) => void): number;
  };
}

export interface RawChannel {
  readonly outgoing: { readonly id: number };
  readonly _callbacks: ((failed: boolean) => void)[];
}

/** A signed-in ssh2 client; `sock` is a socket that may have sent something before SSH. */
export async function signIn(
  { port, user, key }: Destination,
  sock?: Socket,
): Promise<{ client: Client; raw: RawClient; closed: Promise<void> }> {
  const client = new ssh2.Client();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    client
      .once('ready', resolve)
      .once('error', reject)
      .once('close', () => reject(new Error('closed before the sign-in')));
  });
  client.connect({
    ...(sock ? { sock } : { host: '127.0.0.1', port }),
    username: user,
    privateKey: readFileSync(key),
  });
  await within('the sign-in', ready);
  // How the connection ends for a misbehaving client is not the subject of its test.
  client.on('error', () => {});
  return { client, raw: client as unknown as RawClient, closed };
}

export async function exec(client: Client, command: string): Promise<ClientChannel> {
  return within(
    'the exec',
    new Promise<ClientChannel>((resolve, reject) =>
      client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel))),
    ),
  );
}
