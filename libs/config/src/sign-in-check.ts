import type { Config } from './config.ts';
import type { KeyPath } from './keys.ts';
import type { ConfigProblem } from './problem.ts';

/**
 * Refuses a way to sign in that lacks a setting it needs; the problem is reported at the line that
 * chooses it.
 */
export function checkSignIn(
  { auth, origins, proxy, oidc, roles }: Config['dashboard'],
  lines: ReadonlyMap<KeyPath, number>,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const check = (isWell: boolean, key: KeyPath, message: string): void => {
    const line = lines.get(key);
    if (!isWell && line !== undefined) problems.push({ line, key, message });
  };
  const lacks = (isThere: boolean, key: string, example: string): void =>
    check(isThere, 'dashboard.auth', `"${auth}" needs ${key}, as ${key} = ${example}`);
  if (auth !== 'token') lacks(origins.length > 0, 'origins', '["https://hatchery.example.org"]');
  if (auth === 'proxy') {
    const someone = proxy.from.length > 0 || proxy.socket !== null;
    lacks(someone, 'proxy_socket or proxy_from', '"/run/hatchery/dashboard.sock" or ["192.0.2.7"]');
  }
  if (auth === 'oidc') {
    lacks(oidc.issuer !== null, 'oidc_issuer', '"https://login.example.org"');
    lacks(oidc.clientId !== null, 'oidc_client_id', '"hatchery"');
    // OpenID Connect Core 1.0, section 3.1.2.1: without it the answer says nothing about who signed
    // in.
    check(oidc.scopes.includes('openid'), 'dashboard.oidc_scopes', 'must have "openid" in it');
  }
  if (auth === 'token') {
    const nobody =
      'has no meaning with auth = "token", whose link makes an admin; set auth to "proxy" or "oidc"';
    for (const role of ['admins', 'operators', 'viewers'] as const)
      check(roles[role].length === 0, `dashboard.${role}`, nobody);
  }
  return problems;
}
