// Long: every condition of a sign-in, in the order in which they are checked.
import { isUserName } from '@hatchery/protocol';
import {
  type AuthorizedKey,
  fingerprintOf,
  isShortRsaKey,
  parsePublicKey,
  type PublicKey,
} from '@hatchery/ssh-keys';
import { needsVerification, objectionTo } from './certificate-check.ts';
import { parseCertificate, plainTypeOf, type Certificate } from './certificate.ts';
import { noAccount, type Account, type KeySource } from './key-source.ts';
import type { RevokedKeys } from './krl.ts';
import { signatureAlgorithms, verifySignature, type Presence } from './signature.ts';

/** A `publickey` request (RFC 4252 7). */
export interface PublicKeyRequest {
  readonly user: string;
  /** As named in the request: `rsa-sha2-512`, `ssh-ed25519-cert-v01@openssh.com`. */
  readonly algorithm: string;
  readonly blob: Buffer;
  /** Null in the question "would this key do?", which proves nothing. */
  readonly signature: Buffer | null;
  /** What the signature has to be of. */
  readonly signedData: Buffer;
  /** The client's, without port and brackets. */
  readonly address: string;
}

/**
 * What a request comes to. `reason` is for the log, never for the client; null when all is well.
 */
export interface PublicKeyVerdict {
  readonly authorized: boolean;
  readonly signature: 'absent' | 'valid' | 'invalid';
  /** Of the plain key, also in a certificate. */
  readonly fingerprint: string;
  /** Of the user; none unless authorized. */
  readonly teams: readonly string[];
  /** `serial` in decimal. */
  readonly certificate: {
    readonly keyId: string;
    readonly serial: string;
    readonly authority: string;
  } | null;
  readonly reason: string | null;
}

export interface SignInPolicyOptions {
  readonly keys: KeySource;
  /** Whose user certificates are good for every user they name. @throws when they cannot be read */
  readonly authorities: () => Promise<readonly PublicKey[]>;
  /** @throws when they cannot be read */
  readonly revoked: () => Promise<RevokedKeys>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** Begin the reason of a refusal for what is kept of the user, and not for the key. */
export const accountTroubleWords = 'the account cannot be used:';

interface Credential {
  readonly key: PublicKey;
  readonly certificate: Certificate | null;
}

/**
 * What has to hold beside the key: an {@link AuthorizedKey}, or what a configured authority comes
 * to.
 */
type Grant = Pick<
  AuthorizedKey,
  'principals' | 'from' | 'expiresAtMs' | 'needsTouch' | 'needsVerification'
>;

const authorityGrant: Grant = {
  principals: null,
  from: null,
  expiresAtMs: null,
  needsTouch: false,
  needsVerification: false,
};

/** Decides which keys and certificates let whom in. */
export class SignInPolicy {
  readonly #options: SignInPolicyOptions;
  /** How often somebody was. */
  #forgotten = 0;

  constructor(options: SignInPolicyOptions) {
    this.#options = options;
  }

  /**
   * @throws {KeysUnavailableError} when it cannot be told at present; the system's error when a
   * disk fails
   */
  async judge(request: PublicKeyRequest): Promise<PublicKeyVerdict> {
    const credential = readCredential(request);
    if (credential === null) return refusal(request, whyUnreadable(request));
    const presence = presenceIn(credential, request);
    // Before any look-up, and for strangers as for others: what is not signed with the key is not
    // worth one.
    if (presence === 'invalid') return refusal(request, 'the signature is not valid');
    const { objection, teams } = await this.#grantTo(credential, request, presence);
    const { key, certificate } = credential;
    return {
      authorized: objection === null,
      signature: presence === 'absent' ? 'absent' : 'valid',
      fingerprint: key.fingerprint,
      teams: objection === null ? teams : [],
      certificate: certificate === null ? null : summaryOf(certificate),
      reason: objection,
    };
  }

  /**
   * As {@link judge}, and nobody is let in by what was true before somebody was made to be
   * forgotten meanwhile. @throws as {@link judge}
   */
  async judgeLastingly(request: PublicKeyRequest): Promise<PublicKeyVerdict> {
    for (;;) {
      const before = this.#forgotten;
      const verdict = await this.judge(request);
      if (!verdict.authorized || before === this.#forgotten) return verdict;
    }
  }

  /** From now on nothing that was remembered of a user lets anybody in. */
  forget(user: string): void {
    this.#forgotten += 1;
    this.#options.keys.forget?.(user);
  }

  /**
   * Why nobody can sign in at present, in one line; null when nothing is known to be in the way.
   */
  async hindrance(): Promise<string | null> {
    const { keys, authorities, revoked } = this.#options;
    try {
      await Promise.all([keys.prove?.(), authorities(), revoked()]);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /**
   * The objection is null, or the reason why not. All look-ups are made for everybody, so that
   * strangers cost the same.
   */
  async #grantTo(
    credential: Credential,
    request: PublicKeyRequest,
    presence: Presence | 'absent',
  ): Promise<{ objection: string | null; teams: readonly string[] }> {
    const { keys, authorities, revoked } = this.#options;
    const [account, trusted, revocations] = await Promise.all([
      isUserName(request.user) ? keys.accountOf(request.user) : noAccount,
      authorities(),
      revoked(),
    ]);
    const judged = ({ keys: entries, trouble }: Account): string | null => {
      if (isRevoked(credential, revocations)) return 'the key or its certificate is revoked';
      const grants = grantsFor(credential, entries, trusted);
      if (trouble !== undefined && (grants.length === 0 || trouble.about === 'teams'))
        return `${accountTroubleWords} ${trouble.reason}`;
      if (grants.length === 0)
        return credential.certificate === null ? 'unknown key' : 'unknown authority';
      const objections = grants.map((grant) =>
        this.#objectionTo(grant, credential, request, presence),
      );
      return objections.includes(null) ? null : (objections[0] ?? null);
    };
    const objection = judged(account);
    if (objection === null || account.anew === undefined)
      return { objection, teams: account.teams };
    const anew = await account.anew();
    return { objection: judged(anew), teams: anew.teams };
  }

  #objectionTo(
    grant: Grant,
    { key, certificate }: Credential,
    { user, address }: PublicKeyRequest,
    presence: Presence | 'absent',
  ): string | null {
    const nowMs = this.#options.wallClock();
    if (grant.from !== null && !grant.from.matches(address))
      return 'the key is not for this source address';
    if (grant.expiresAtMs !== null && nowMs >= grant.expiresAtMs) return 'the key has expired';
    const objection =
      certificate === null
        ? null
        : objectionTo(certificate, { principals: grant.principals ?? [user], address, nowMs });
    if (objection !== null || key.application === null || presence === 'absent') return objection;
    const needsTouch =
      grant.needsTouch || certificate?.extensions.has('no-touch-required') === false;
    if (needsTouch && !presence.userPresent) return 'the security key was not touched';
    const needsPin =
      grant.needsVerification || (certificate !== null && needsVerification(certificate));
    return needsPin && !presence.userVerified ? 'the security key asked for no PIN' : null;
  }
}

/**
 * The plain key or the certificate in a request; null when it is malformed, or another thing than
 * its algorithm says.
 */
function readCredential({ algorithm, blob }: PublicKeyRequest): Credential | null {
  const plain = plainTypeOf(algorithm);
  const certificate = plain === null ? null : parseCertificate(blob);
  const key = plain === null ? parsePublicKey(blob) : (certificate?.key ?? null);
  if (key === null || !signatureAlgorithms[key.type].includes(plain ?? algorithm)) return null;
  return { key, certificate };
}

function whyUnreadable({ blob }: PublicKeyRequest): string {
  return isShortRsaKey(blob)
    ? 'the RSA key is too short'
    : 'the key is malformed or of an unsupported type';
}

function presenceIn(
  { key }: Credential,
  request: PublicKeyRequest,
): Presence | 'absent' | 'invalid' {
  const { algorithm, signature, signedData } = request;
  if (signature === null) return 'absent';
  return (
    verifySignature(key, plainTypeOf(algorithm) ?? algorithm, signature, signedData) ?? 'invalid'
  );
}

function isRevoked({ key, certificate }: Credential, revoked: RevokedKeys): boolean {
  if (revoked.hasKey(key)) return true;
  return (
    certificate !== null &&
    (revoked.hasKey(certificate.authority) || revoked.hasCertificate(certificate))
  );
}

function grantsFor(
  { key, certificate }: Credential,
  entries: readonly AuthorizedKey[],
  trusted: readonly PublicKey[],
): Grant[] {
  if (certificate === null)
    return entries.filter((entry) => !entry.isAuthority && entry.key.blob.equals(key.blob));
  const { authority } = certificate;
  const own = entries.filter((entry) => entry.isAuthority && entry.key.blob.equals(authority.blob));
  return trusted.some((known) => known.blob.equals(authority.blob))
    ? [authorityGrant, ...own]
    : own;
}

function summaryOf({ keyId, serial, authority }: Certificate): PublicKeyVerdict['certificate'] {
  return { keyId, serial: serial.toString(), authority: authority.fingerprint };
}

function refusal({ blob }: PublicKeyRequest, reason: string): PublicKeyVerdict {
  return {
    authorized: false,
    signature: 'invalid',
    fingerprint: fingerprintOf(blob),
    teams: [],
    certificate: null,
    reason,
  };
}
