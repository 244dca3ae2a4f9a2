import type { IncomingMessage } from 'node:http';
import { accessTo, type Refusal } from './access.ts';
import { cookieJar } from './cookie.ts';
import type { Person } from './person.ts';
import { newSecret, sameSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { nothingToComplete, type SignIn } from './sign-in.ts';
import type { Site } from './site.ts';

/** What the way by a printed link needs. */
export interface TokenOptions {
  readonly site: Site;
  readonly port: number;
  readonly sessionMs: number;
  readonly now: () => number;
}

const way = 'Open the sign-in link that `./hatchery up` prints when it starts.';
const admin: Person = { name: 'admin', role: 'admin' };

/** Headers by which a proxy tells that somebody farther away asks. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host'] as const;

/** Access by the token in the sign-in link. Without it a visitor of a loopback address may read; others may nothing. */
export function tokenSignIn({ site, port, sessionMs, now }: TokenOptions): SignIn {
  const token = newSecret();
  const sessions = new Sessions<null>(sessionMs, now);
  const jar = cookieJar(site, `hatchery-${port}`, 'Strict');
  const access = accessTo(site, (request) => sessions.find(jar.read(request))?.person ?? unsigned(site, request));
  return {
    access,
    site,
    way,
    isOurs: true,
    link: `${site.home}sign-in?token=${token}`,
    liveMsMax: null,
    untrusted: 0,
    begin: async (request, url) => {
      if (sameSecret(url.searchParams.get('token') ?? '', token)) {
        return { kind: 'go', to: '/', cookies: [jar.write(request, sessions.open(admin, null), sessionMs)] };
      }
      const sentence = `It is made anew at each start of the dashboard. ${way}`;
      return { kind: 'notice', status: 403, title: 'This sign-in link is not valid', sentence };
    },
    complete: async () => nothingToComplete,
    end: async (request) => {
      const session = sessions.find(jar.read(request));
      if (session !== null) sessions.change(session, null);
      const cookies = [jar.write(request, '', 0)];
      return { kind: 'notice', status: 200, title: 'Signed out', sentence: `To sign in again: ${way}`, cookies };
    },
    whenChanged: (listener) => sessions.whenChanged(listener),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function unsigned(site: Site, { headers }: IncomingMessage): Person | Refusal {
  // Behind a proxy a loopback address is open to whoever reaches the proxy.
  const isNear = site.isNear && forwarding.every((name) => headers[name] === undefined);
  return isNear ? { name: 'visitor', role: 'viewer' } : { status: 401, error: `Not signed in. ${way}` };
}
