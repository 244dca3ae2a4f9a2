import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Both halves of a key as `ssh-keygen` writes them into two files. */
export interface KeyPairText {
  readonly privateKey: string;
  readonly publicKey: string;
}

const type = 'ssh-ed25519';

/** What a private section is padded to when it is not encrypted (PROTOCOL.key of OpenSSH). */
const blockBytes = 8;

/**
 * Makes an Ed25519 key. `ssh-keygen` refuses to for a uid without an entry in passwd(5), as in a
 * container.
 */
export function makeKeyPair(comment: string): KeyPairText {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [point, seed] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')];
  const blob = Buffer.concat([string(type), string(point)]);
  return {
    privateKey: armoured(
      privateFile(blob, privateSection(blob, Buffer.concat([seed, point]), comment)),
    ),
    publicKey: `${type} ${blob.toString('base64')} ${comment}\n`,
  };
}

/** One key, not encrypted (PROTOCOL.key, "Overall format"). */
function privateFile(blob: Buffer, section: Buffer): Buffer {
  const cipherAndKdf = [string('none'), string('none'), string('')];
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...cipherAndKdf,
    uint32(1),
    string(blob),
    string(section),
  ]);
}

function privateSection(blob: Buffer, secret: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const contents = Buffer.concat([check, check, blob, string(secret), string(comment)]);
  const paddingBytes = (blockBytes - (contents.length % blockBytes)) % blockBytes;
  return Buffer.concat([
    contents,
    Buffer.from(Array.from({ length: paddingBytes }, (_, index) => index + 1)),
  ]);
}

function armoured(file: Buffer): string {
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...lines,
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n');
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
