import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';

/**
 * The part of russh's Node binding that is used; its own typings need a package that is not needed
 * otherwise.
 */
interface Native {
  connect(
    transport: object,
    ciphers: null,
    kex: readonly string[],
    keys: null,
    macs: null,
    compression: null,
    connectionTimeoutS: number,
    keepaliveIntervalS: null,
    keepaliveMax: number,
    serverKey: (error: Error | null, key: object) => Promise<boolean>,
    data: (error: Error | null, channel: number, bytes: Uint8Array) => void,
    ...others: readonly ((error: Error | null, ...args: never[]) => void)[]
  ): Promise<Client>;
  parseKey(data: string): Promise<object>;
  readonly SshTransport: { newSocket(address: string): Promise<object> };
}

interface Client {
  authenticatePublickey(
    user: string,
    key: object,
    hash: null,
  ): Promise<{ readonly success: boolean }>;
  channelOpenSession(): Promise<{ activate(): Promise<Channel> }>;
  disconnect(): Promise<void>;
}

interface Channel {
  requestExec(command: string): Promise<void>;
  data(bytes: Uint8Array): Promise<void>;
  eof(): Promise<void>;
}

/**
 * A program: one session by russh, an SSH client in Rust that shares no code with OpenSSL or ssh2,
 * so its key exchanges are an independent implementation. Arguments: PORT USER KEYFILE KEX COMMAND;
 * only KEX is offered. The command's output goes to standard output; its exit status is not
 * reported.
 */
const [port = '', user = '', keyFile = '', kex = '', command = ''] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const native = require('russh/lib/native.js') as Native;
const closed = Promise.withResolvers<void>();
const ignore = (): void => {};
const transport = await native.SshTransport.newSocket(`127.0.0.1:${port}`);
const client = await native.connect(
  ...([transport, null, [kex], null, null, null, 20, null, 3] as const),
  async () => true,
  (_error, _channel, bytes) => process.stdout.write(bytes),
  ignore,
  ignore,
  () => closed.resolve(),
  () => closed.resolve(),
  ignore,
  ignore,
  ignore,
  ignore,
);
const { success } = await client.authenticatePublickey(
  user,
  await native.parseKey(readFileSync(keyFile, 'utf8')),
  null,
);
if (!success) throw new Error('russh was not let in');
const channel = await (await client.channelOpenSession()).activate();
await channel.requestExec(command);
await channel.data(await buffer(process.stdin));
await channel.eof();
await closed.promise;
await client.disconnect();
