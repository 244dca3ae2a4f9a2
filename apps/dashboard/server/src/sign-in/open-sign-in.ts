import { readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Address, Config } from '@hatchery/config';
import { StartError, type Logger } from '@hatchery/daemon';
import { OidcSignIn } from './oidc/oidc-sign-in.ts';
import { Provider, reasonOf } from './oidc/provider.ts';
import { proxySignIn } from './proxy-sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { siteOf } from './site.ts';
import { tokenSignIn } from './token-sign-in.ts';

/** What a way to sign in is made of. `now` gives milliseconds. */
export interface SignInParts {
  readonly dashboard: Config['dashboard'];
  /** Where the page is really served. */
  readonly address: Address;
  readonly isOverSocket: (socket: Socket) => boolean;
  readonly log: Logger;
  readonly now: () => number;
}

/**
 * The way to sign in that the configuration asks for. A provider that is away is told in the log and asked again when
 * somebody signs in. @throws {StartError} when the secret of the client cannot be had
 */
export async function openSignIn({ dashboard, address, isOverSocket, log, now }: SignInParts): Promise<SignIn> {
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
    return tokenSignIn({ site, port, sessionMs, now });
  }
  const { issuer, clientId, clientSecretFile, scopes } = dashboard.oidc;
  if (issuer === null || clientId === null) throw new StartError('auth = "oidc" needs oidc_issuer and oidc_client_id');
  const clientSecret = clientSecretFile === null ? null : readSecret(clientSecretFile);
  const provider = new Provider({ issuer, clientId, clientSecret, scopes });
  await provider.discover().catch((error: Error) => {
    log.error({ issuer, reason: reasonOf(error) }, 'the OpenID provider is away; nobody can sign in');
  });
  return new OidcSignIn({ site, port, dashboard, provider, log, now });
}

function readSecret(path: string): string {
  const key = `oidc_client_secret_file under [dashboard], ${path},`;
  try {
    if ((statSync(path).mode & 0o007) !== 0) throw new StartError(`${key} can be read by others; chmod 640 it`);
    const secret = readFileSync(path, 'utf8').trim();
    if (secret === '' || /[\r\n]/.test(secret))
      throw new StartError(`${key} has to hold the secret on one line, and no more`);
    return secret;
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${key} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
