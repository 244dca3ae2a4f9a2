import type { KexInitMessage } from './kexinit.ts';

/** The kinds of algorithm that the two sides agree on, as a metric counts them. A closed list. */
export type NegotiatedKind = 'kex' | 'host-key' | 'cipher' | 'mac' | 'compression';

/** The first kind for which client and gateway have nothing in common. */
export interface Disagreement {
  readonly kind: NegotiatedKind;
  /** For messages, such as `MAC (client to server)`. */
  readonly what: string;
  /**
   * The client's offer of this kind, in at most {@link offeredCharactersMax} printable characters.
   */
  readonly offered: string;
}

/** The gateway's offer, the same in both directions. */
export interface Offer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
}

/** More than any real client's list; RFC 4251 6 limits a name to 64 characters. */
const offeredCharactersMax = 600;
const nameCharactersMax = 64;

/** These are extensions, not key exchanges (RFC 8308 2.1, OpenSSH's PROTOCOL 1.10). */
const signals = /^(ext-info-c|kex-strict-c-v00@openssh\.com)$/;

/** These need no MAC (RFC 5647, OpenSSH's PROTOCOL.chacha20poly1305). */
const authenticated = /-gcm@openssh\.com$|^chacha20-poly1305@openssh\.com$/;

/**
 * The first kind without anything in common; null when the two agree. From each list the client's
 * first algorithm that we have is chosen (RFC 4253 7.1).
 */
export function disagreementOf(client: KexInitMessage, offer: Offer): Disagreement | null {
  const checks: [NegotiatedKind, string, readonly string[], readonly string[]][] = [
    ['kex', 'key exchange', client.kex.filter((name) => !signals.test(name)), offer.kex],
    ['host-key', 'host key algorithm', client.hostKey, offer.hostKey],
  ];
  for (const [way, direction] of [client.clientToServer, client.serverToClient].entries()) {
    const side = way === 0 ? 'client to server' : 'server to client';
    checks.push(['cipher', `cipher (${side})`, direction.ciphers, offer.ciphers]);
    const cipher = direction.ciphers.find((name) => offer.ciphers.includes(name));
    if (cipher === undefined || !authenticated.test(cipher))
      checks.push(['mac', `MAC (${side})`, direction.macs, offer.macs]);
    checks.push(['compression', `compression (${side})`, direction.compression, ['none']]);
  }
  const failed = checks.find(([, , theirs, ours]) => !theirs.some((name) => ours.includes(name)));
  if (failed === undefined) return null;
  const [kind, what, theirs] = failed;
  return { kind, what, offered: shown(theirs) };
}

/** The client's text, made safe for a log: it may have any length and content. */
export function shown(names: readonly string[]): string {
  const cut = names.map((name) => name.slice(0, nameCharactersMax).replace(/[^\x21-\x7e]/g, '?'));
  let text = '';
  for (const [index, name] of cut.entries()) {
    if (text.length + name.length > offeredCharactersMax)
      return `${text} and ${cut.length - index} more`;
    text += index === 0 ? name : `,${name}`;
  }
  return text === '' ? 'nothing' : text;
}
