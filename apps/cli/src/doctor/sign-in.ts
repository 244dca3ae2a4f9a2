import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '@hatchery/config';
import { examinationMsMax } from '../limits.ts';
import type { Check } from './check.ts';

/** What signing in to the dashboard needs besides the configuration keys already read. */
export async function checkSignIn({ dashboard }: Config): Promise<Check[]> {
  const { auth, listen, origins, oidc, proxy } = dashboard;
  const checks: Check[] = [];
  const isNear = /^(localhost|::1|127(\.\d+){3})$/.test(listen.host);
  if (auth === 'token' && !isNear && !origins.some((origin) => origin.startsWith('https:')))
    checks.push({
      what: `[dashboard] listen ${listen.host}:${listen.port}`,
      trouble:
        'others can read the page and its cookies on the way; put a proxy with TLS before it and set origins',
    });
  if (auth === 'proxy' && proxy.socket !== null)
    checks.push({
      what: `[dashboard] proxy_socket ${proxy.socket}`,
      trouble: directoryTrouble(dirname(proxy.socket)),
    });
  if (auth === 'oidc' && oidc.clientSecretFile !== null)
    checks.push({
      what: `[dashboard] oidc_client_secret_file ${oidc.clientSecretFile}`,
      trouble: secretTrouble(oidc.clientSecretFile),
    });
  if (auth === 'oidc' && oidc.issuer !== null)
    checks.push({
      what: `[dashboard] oidc_issuer ${oidc.issuer}`,
      trouble: await issuerTrouble(oidc.issuer),
    });
  return checks;
}

function directoryTrouble(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    ? null
    : `there is no directory ${path}; make it`;
}

function secretTrouble(path: string): string | null {
  try {
    if ((statSync(path).mode & 0o007) !== 0) return `others can read it; chmod 640 ${path}`;
    const secret = readFileSync(path, 'utf8').trim();
    return secret === '' || /[\r\n]/.test(secret)
      ? 'it has to hold the secret on one line, and no more'
      : null;
  } catch (error) {
    return `it cannot be read (${(error as Error).message}); write the secret of the client into it`;
  }
}

/** OpenID Connect Discovery 1.0, section 4. */
async function issuerTrouble(issuer: string): Promise<string | null> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(examinationMsMax) });
    if (!response.ok) return `${address} answers ${response.status}; correct oidc_issuer`;
    const { issuer: named } = (await response.json()) as { issuer?: unknown };
    return named === issuer
      ? null
      : `it calls itself ${JSON.stringify(named)}; write exactly that as oidc_issuer`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `${address} does not answer (${cause instanceof Error ? cause.message : message}); nobody can sign in`;
  }
}
