import * as client from 'openid-client';
import { providerTimeoutMs } from '../../limits.ts';

/** What the client needs to know of the provider, and the provider of us. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly scopes: readonly string[];
}

/** One sign-in under way: it binds the provider's answer to the browser that asked. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** The path to continue to. */
  readonly to: string;
}

/** The tokens for a re-check. Never logged. */
export interface Proof {
  readonly subject: string;
  readonly idToken: string | null;
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

/** The provider's claims about a person, with the tokens for a re-check. */
export interface Vouched {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly proof: Proof;
}

/** The provider has answered, and refused. */
export class Denied extends Error {
  readonly code = 'sign_in_denied';
  readonly fault = 'client';
}

/** Why there was no answer, in one line: `fetch failed` alone says nothing. */
export function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

/**
 * An OpenID provider, discovered when it is first needed. The only module that uses the OpenID
 * library.
 */
export class Provider {
  readonly #options: ProviderOptions;
  #discovered: Promise<client.Configuration> | null = null;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /**
   * Runs the provider's discovery once; a failure is forgotten, so that the next caller tries
   * again.
   */
  discover(): Promise<client.Configuration> {
    this.#discovered ??= discover(this.#options).catch((error: unknown) => {
      this.#discovered = null;
      throw error;
    });
    return this.#discovered;
  }

  /** An address to redirect a browser to, and the data to keep for its return. */
  async begin(
    redirectUri: string,
    to: string,
  ): Promise<{ readonly url: URL; readonly attempt: Attempt }> {
    const configuration = await this.discover();
    const verifier = client.randomPKCECodeVerifier();
    const attempt = { state: client.randomState(), nonce: client.randomNonce(), verifier, to };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#options.scopes.join(' '),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, attempt };
  }

  /**
   * Exchanges the code in the address that the browser came back to. @throws {Denied} when the
   * provider refuses it, or when it is not of this attempt
   */
  async redeem(returned: URL, { state, nonce, verifier }: Attempt): Promise<Vouched> {
    const configuration = await this.discover();
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    };
    const tokens = await client.authorizationCodeGrant(configuration, returned, checks).catch(deny);
    const idClaims = tokens.claims();
    if (idClaims === undefined) throw new Denied('the provider sent no ID token');
    return vouch(configuration, tokens, {
      subject: idClaims.sub,
      idToken: tokens.id_token ?? null,
      refreshToken: null,
    });
  }

  /**
   * Asks again about a person, with the refresh token or, without one, with the access token.
   * @throws {Denied} when the provider has ended it; any other error says nothing about the person
   */
  async ask(proof: Proof): Promise<Vouched> {
    const configuration = await this.discover();
    if (proof.refreshToken === null) return { claims: await userInfo(configuration, proof), proof };
    const tokens = await client.refreshTokenGrant(configuration, proof.refreshToken).catch(deny);
    return vouch(configuration, tokens, proof);
  }

  /** The provider's own sign-out address for the browser, or null when the provider has none. */
  async endUrl(idToken: string | null, backTo: string): Promise<string | null> {
    const configuration = await this.discover();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    return client.buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: backTo,
      ...(idToken === null ? {} : { id_token_hint: idToken }),
    }).href;
  }
}

async function discover({
  issuer,
  clientId,
  clientSecret,
}: ProviderOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  const execute = url.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  const timeout = providerTimeoutMs / 1_000;
  const found = await client.discovery(url, clientId, undefined, client.None(), {
    execute,
    timeout,
  });
  if (clientSecret === null) return found;
  // OpenID Connect Discovery 1.0, section 3: the default is client_secret_basic.
  const methods = found.serverMetadata().token_endpoint_auth_methods_supported ?? [
    'client_secret_basic',
  ];
  const authenticate = methods.includes('client_secret_basic')
    ? client.ClientSecretBasic
    : client.ClientSecretPost;
  const known = new client.Configuration(
    found.serverMetadata(),
    clientId,
    undefined,
    authenticate(clientSecret),
  );
  known.timeout = timeout;
  for (const each of execute) each(known);
  return known;
}

type Tokens = Awaited<ReturnType<typeof client.refreshTokenGrant>>;

async function vouch(
  configuration: client.Configuration,
  tokens: Tokens,
  before: Pick<Proof, 'subject' | 'idToken' | 'refreshToken'>,
): Promise<Vouched> {
  const idClaims = tokens.claims();
  if (idClaims !== undefined && idClaims.sub !== before.subject)
    throw new Denied('the provider spoke of somebody else');
  const proof: Proof = {
    subject: before.subject,
    idToken: tokens.id_token ?? before.idToken,
    accessToken: tokens.access_token,
    // A provider that does not rotate it leaves it out.
    refreshToken: tokens.refresh_token ?? before.refreshToken,
  };
  return { claims: { ...(await userInfo(configuration, proof)), ...idClaims }, proof };
}

/**
 * Many providers give names and groups only here; the request also shows whether an access token is
 * still valid.
 */
async function userInfo(
  configuration: client.Configuration,
  { accessToken, subject }: Pick<Proof, 'accessToken' | 'subject'>,
): Promise<Readonly<Record<string, unknown>>> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return client.fetchUserInfo(configuration, accessToken, subject).catch(deny);
}

/** An error about the provider itself or about us: it says nothing about the person. */
const notOfThePerson: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'server_error',
  'temporarily_unavailable',
]);

/** Answers with a wrong state, nonce, issuer, audience, age or signature. */
const notAsTheyShouldBe: ReadonlySet<string | undefined> = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
]);

/**
 * Distinguishes a provider that refuses from one that is away. The message is a code: bodies may
 * contain tokens.
 */
function deny(error: Error): never {
  if (error instanceof client.WWWAuthenticateChallengeError) throw new Denied('invalid_token');
  if (
    error instanceof client.ResponseBodyError ||
    error instanceof client.AuthorizationResponseError
  ) {
    const status = error instanceof client.ResponseBodyError ? error.status : 400;
    if (status < 500 && status !== 429 && !notOfThePerson.has(error.error))
      throw new Denied(error.error);
    throw new Error(`the provider answers ${error.error}`);
  }
  if (error instanceof client.ClientError && notAsTheyShouldBe.has(error.code))
    throw new Denied(error.code);
  throw error;
}
