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
  /** As in the request: `rsa-sha2-512`, `ssh-ed25519-cert-v01@openssh.com`. */
  readonly algorithm: string;
  readonly blob: Buffer;
  /** Null in the question "would this key do?", which proves nothing. */
  readonly signature: Buffer | null;
  /** The data that has to be signed. */
  readonly signedData: Buffer;
  /** The client's, without port and brackets. */
  readonly address: string;
}

/**
 * The outcome of a request. `reason` is for the log, never for the client; null when the request is
 * granted.
 */
export interface PublicKeyVerdict {
  readonly authorized: boolean;
  readonly signature: 'absent' | 'valid' | 'invalid';
  /** Of the plain key, also when it came in a certificate. */
  readonly fingerprint: string;
  /** The user's teams; empty unless authorized. */
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
  /**
   * Authorities whose user certificates count for every user they name. @throws when they cannot be
   * read
   */
  readonly authorities: () => Promise<readonly PublicKey[]>;
  /** @throws when they cannot be read */
  readonly revoked: () => Promise<RevokedKeys>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** Starts the reason of a refusal caused by the user's account and not by the key. */
export const accountTroubleWords = 'the account cannot be used:';

interface Credential {
  readonly key: PublicKey;
  readonly certificate: Certificate | null;
}

/**
 * The conditions beside the key itself: from an {@link AuthorizedKey}, or from a certificate of a
 * configured authority.
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

/** Decides which keys and certificates admit which user. */
export class SignInPolicy {
  readonly #options: SignInPolicyOptions;
  /** How often a user was forgotten. */
  #forgotten = 0;

  constructor(options: SignInPolicyOptions) {
    this.#options = options;
  }

  /**
   * @throws {KeysUnavailableError} when the source cannot answer at present; the system's error
   * when a disk fails
   */
  async judge(request: PublicKeyRequest): Promise<PublicKeyVerdict> {
    const credential = readCredential(request);
    if (credential === null) return refusal(request, whyUnreadable(request));
    const presence = presenceIn(credential, request);
    // Checked before any look-up, for strangers as for others: a request not signed by its key is
    // not worth a look-up.
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
   * As {@link judge}, but a user who was forgotten during the decision is not admitted by the older
   * answer. @throws as {@link judge}
   */
  async judgeLastingly(request: PublicKeyRequest): Promise<PublicKeyVerdict> {
    for (;;) {
      const before = this.#forgotten;
      const verdict = await this.judge(request);
      if (!verdict.authorized || before === this.#forgotten) return verdict;
    }
  }

  /** From now on no cached answer admits this user. */
  forget(user: string): void {
    this.#forgotten += 1;
    this.#options.keys.forget?.(user);
  }

  /** Why no user can sign in at present, in one line; null when no cause is known. */
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
   * Returns null, or the objection to the key. Makes all look-ups for every user, so that strangers
   * cost the same.
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
 * The plain key or certificate in a request; null when it is malformed, or is not of the request's
 * algorithm.
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
