import { parseCidrList, readWire } from '@hatchery/ssh-keys';
import type { Certificate } from './certificate.ts';

/** The conditions that a user certificate is checked against. */
export interface CertificateUse {
  /** The certificate must name one of these. */
  readonly principals: readonly string[];
  /** The client's, without port and brackets. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Why a certificate does not admit its holder from here and now; null when it does. Source:
 * OpenSSH's PROTOCOL.certkeys.
 */
export function objectionTo(
  certificate: Certificate,
  { principals, address, nowMs }: CertificateUse,
): string | null {
  const nowS = BigInt(Math.floor(nowMs / 1000));
  if (certificate.kind !== 'user') return 'it is not a user certificate';
  if (nowS < certificate.validAfterS) return 'the certificate is not valid yet';
  if (nowS >= certificate.validBeforeS) return 'the certificate has expired';
  // OpenSSH up to 9.9 treated an empty list as "anybody" in some places. Issuers who leave it out
  // do not mean that.
  if (certificate.principals.length === 0) return 'the certificate names no principal';
  if (!certificate.principals.some((name) => principals.includes(name)))
    return 'the certificate is for other principals';
  for (const [name, value] of certificate.criticalOptions) {
    const objection = objectionToOption(name, value, address);
    if (objection !== null) return objection;
  }
  return null;
}

/** Whether the certificate asks for a PIN at its security key. */
export function needsVerification({ criticalOptions }: Certificate): boolean {
  return criticalOptions.has('verify-required');
}

function objectionToOption(name: string, value: Buffer, address: string): string | null {
  switch (name) {
    case 'source-address': {
      const list = readWire(value, (reader) => reader.text());
      const allowed = list === null ? null : parseCidrList(list);
      if (allowed === null) return 'its source-address is malformed';
      return allowed.matches(address) ? null : 'the certificate is not for this source address';
    }
    case 'verify-required':
      return value.length === 0 ? null : 'its verify-required is malformed';
    default:
      // Among them force-command, which the gateway cannot honour because it runs only its own
      // commands.
      return `its critical option ${name} is not supported`;
  }
}
