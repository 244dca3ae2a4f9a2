import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Address, Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import { openSignInKey } from '@hatchery/sign-in-links';
import { OidcSignIn } from './oidc/oidc-sign-in.ts';
import { Provider, reasonOf } from './oidc/provider.ts';
import { proxySignIn } from './proxy-sign-in.ts';
import { digest } from './secret.ts';
import type { SignIn } from './sign-in.ts';
import { SignInStore } from './sign-in-store.ts';
import { siteOf } from './site.ts';
import { tokenSignIn } from './token-sign-in.ts';

/** What every way to sign in needs. `now` gives milliseconds since 1970. */
export interface SignInParts {
  readonly dashboard: Config['dashboard'];
  /** Where the page is actually served. */
  readonly address: Address;
  readonly isOverSocket: (socket: Socket) => boolean;
  readonly log: Logger;
  /** Called with who signed in and who was refused. */
  readonly audit: (entry: AuditBody) => void;
  /** The file of the key that signs links, and the file of signed-in browsers. */
  readonly keyPath: string;
  readonly storePath: string;
  readonly now: () => number;
}

/**
 * The configured way to sign in. A provider that is away is logged, and asked again when somebody
 * signs in. @throws {StartError} when the client's secret cannot be read
 */
export async function openSignIn(parts: SignInParts): Promise<SignIn> {
  const { dashboard, address, isOverSocket, log, audit, now } = parts;
  const site = siteOf(address, dashboard.origins);
  const { port } = address;
  const sessionMs = dashboard.sessionS * 1_000;
  if (dashboard.auth === 'proxy') return proxySignIn({ site, dashboard, isOverSocket });
  if (dashboard.auth === 'token') {
    if (!site.isNear && !site.home.startsWith('https:'))
      log.warn(
        { home: site.home },
        'the page and its cookies can be read on the way; put it behind TLS and set origins',
      );
    const key = openKey(parts);
    const isOpen = dashboard.anonymous === 'viewer';
    const kept = { key, store: openStore(parts), terms: termsOf(dashboard) };
    return tokenSignIn({ site, port, isOpen, sessionMs, ...kept, log, audit, now });
  }
  const { issuer, clientId, clientSecretFile, scopes } = dashboard.oidc;
  if (issuer === null || clientId === null)
    throw new StartError('auth = "oidc" needs oidc_issuer and oidc_client_id');
  const clientSecret = clientSecretFile === null ? null : readSecret(clientSecretFile);
  const provider = new Provider({ issuer, clientId, clientSecret, scopes });
  await provider.discover().catch((error: Error) => {
    log.error(
      { issuer, reason: reasonOf(error) },
      'the OpenID provider is away; nobody can sign in',
    );
  });
  return new OidcSignIn({
    site,
    port,
    dashboard,
    provider,
    log,
    audit,
    now,
    store: openStore(parts),
    terms: termsOf(dashboard),
  });
}

/**
 * The configured roles, and who vouches for names: a session from before a change of these does not
 * count.
 */
function termsOf({ auth, roles, oidc }: Config['dashboard']): string {
  const { clientSecretFile: _, ...vouching } = oidc;
  return digest(JSON.stringify([auth, roles, vouching])).toString('hex');
}

/**
 * The page has to start even when the disk is full. With a key made in memory it accepts the link
 * that `up` prints.
 */
function openKey({ keyPath, log }: SignInParts): Buffer {
  try {
    const { key, replaced } = openSignInKey(keyPath);
    if (replaced !== null)
      log.warn({ replaced }, 'there is a new key for sign-in links; earlier links no longer work');
    return key;
  } catch (error) {
    const reason = (error as Error).message;
    log.error(
      { reason, keyPath },
      'the key of sign-in links is unavailable; only the printed link signs in',
    );
    return randomBytes(32);
  }
}

/** Without a writable disk people can still sign in, but a restart signs them out. */
function openStore({ storePath, log, now }: SignInParts): SignInStore {
  try {
    return SignInStore.open(storePath, now());
  } catch (error) {
    log.error(
      { reason: (error as Error).message, storePath },
      'sign-ins cannot be kept; a restart will end them',
    );
    return SignInStore.inMemory(now());
  }
}

function readSecret(path: string): string {
  const key = `oidc_client_secret_file under [dashboard], ${path},`;
  try {
    if ((statSync(path).mode & 0o007) !== 0)
      throw new StartError(`${key} can be read by others; chmod 640 it`);
    const secret = readFileSync(path, 'utf8').trim();
    if (secret === '' || /[\r\n]/.test(secret))
      throw new StartError(`${key} has to hold the secret on one line, and no more`);
    return secret;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${key} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
