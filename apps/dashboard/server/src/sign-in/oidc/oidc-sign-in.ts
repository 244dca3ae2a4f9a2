// Long: one flow of OpenID Connect, step by step.
import type { IncomingMessage } from 'node:http';
import type { Config } from '@hatchery/config';
import type { Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import { providerAsksMax, signInMsMax } from '../../limits.ts';
import { accessTo } from '../access.ts';
import { cookieJar, type CookieJar } from '../cookie.ts';
import { peerOf } from '../peer.ts';
import { personOf } from '../person.ts';
import { sealer, type Sealer } from '../sealed.ts';
import { Sessions, type Session } from '../sessions.ts';
import type { SignInStore } from '../sign-in-store.ts';
import { nothingToComplete, type SignIn, type Step } from '../sign-in.ts';
import type { Site } from '../site.ts';
import { toldBy } from './claims.ts';
import {
  Denied,
  reasonOf,
  type Attempt,
  type Proof,
  type Provider,
  type Vouched,
} from './provider.ts';

/** What signing in by an OpenID provider needs. `now` gives milliseconds since 1970. */
export interface OidcOptions {
  readonly site: Site;
  readonly port: number;
  readonly dashboard: Pick<Config['dashboard'], 'roles' | 'oidc' | 'sessionS' | 'sessionRecheckS'>;
  readonly provider: Provider;
  readonly store: SignInStore;
  readonly terms: string;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly audit: (entry: AuditBody) => void;
  readonly now: () => number;
}

/**
 * Sign-in at an OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core
 * 1.0, section 3.1), then a session here that is re-checked at the provider. A provider that is
 * away ends no session, because operators need this page during such an outage; every session has a
 * maximum length anyway.
 */
export class OidcSignIn implements SignIn {
  readonly access: SignIn['access'];
  readonly site: Site;
  readonly way = 'Ask whoever keeps [dashboard] operators and admins in hatchery.toml.';
  readonly isOurs = true;
  readonly link = null;
  readonly liveMsMax = null;
  readonly untrusted = 0;
  readonly #options: OidcOptions;
  readonly #sessions: Sessions<Proof>;
  readonly #jar: CookieJar;
  readonly #attempts: CookieJar;
  readonly #sealer: Sealer<Attempt>;
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<void> | null = null;
  #stopping = false;
  /** The number of visitors that may wait for the provider. */
  #waiting = 0;

  constructor(options: OidcOptions) {
    const { site, port, dashboard, store, terms, log, now } = options;
    this.site = site;
    this.#options = options;
    const trouble = (error: Error): void =>
      log.error({ reason: error.message }, 'sign-ins cannot be kept');
    this.#sessions = new Sessions({
      msMax: dashboard.sessionS * 1_000,
      now,
      store,
      terms,
      trouble,
    });
    // Lax: the browser comes from the provider, and would not send a strict cookie to the page it
    // continues to.
    this.#jar = cookieJar(site, `hatchery-${port}`, 'Lax');
    this.#attempts = cookieJar(site, `hatchery-${port}-sign-in`, 'Lax');
    this.#sealer = sealer(signInMsMax, now);
    this.access = accessTo(
      site,
      (request) =>
        this.#sessions.find(this.#jar.read(request))?.person ?? {
          status: 401,
          error: 'Not signed in, or not any more. Open /sign-in.',
        },
    );
    this.#timer = setInterval(() => this.#askAgain(), dashboard.sessionRecheckS * 1_000);
  }

  async begin(request: IncomingMessage, url: URL): Promise<Step> {
    try {
      const to = ownPath(url.searchParams.get('to'));
      const { url: there, attempt } = await this.#asked((provider) =>
        provider.begin(this.#callback(request), to),
      );
      const cookie = this.#attempts.write(request, this.#sealer.seal(attempt), signInMsMax);
      return { kind: 'go', to: there.href, cookies: [cookie] };
    } catch (error) {
      return this.#away(error as Error);
    }
  }

  async accept(): Promise<Step> {
    return nothingToComplete;
  }

  async complete(request: IncomingMessage, url: URL): Promise<Step> {
    const attempt = this.#sealer.open(this.#attempts.read(request));
    const cookies = [this.#attempts.write(request, '', 0)];
    if (attempt === null)
      return { ...failed('It was begun in another browser, or too long ago.'), cookies };
    try {
      const returned = new URL(`${this.#callback(request)}${url.search}`);
      const vouched = await this.#asked((provider) => provider.redeem(returned, attempt));
      return this.#open(request, vouched, attempt);
    } catch (error) {
      if (!(error instanceof Denied)) return this.#away(error as Error);
      this.#options.log.info({ reason: error.message }, 'sign-in refused');
      this.#refused(request, null, error.message);
      return { ...failed('The provider did not let you in.'), cookies };
    }
  }

  async end(request: IncomingMessage): Promise<Step> {
    const session = this.#sessions.find(this.#jar.read(request));
    const cookies = [this.#jar.write(request, '', 0)];
    const out = { kind: 'notice', status: 200, title: 'Signed out', cookies } as const;
    const again = { to: '/sign-in', text: 'Sign in again' };
    if (session === null)
      return { ...out, sentence: 'Nobody was signed in with this browser.', link: again };
    this.#sessions.change(session, null);
    this.#options.log.info({ user: session.person.name }, 'signed out');
    const backTo = this.site.homeOf(request);
    // The user is signed out here in any case; signing out at the provider is their choice.
    const there = await this.#options.provider
      .endUrl(session.proof.idToken, backTo)
      .catch(() => null);
    if (there === null) return { ...out, sentence: 'You are signed out here.', link: again };
    const sentence = 'You are signed out here, and still signed in at the provider.';
    return { ...out, sentence, link: { to: there, text: 'Sign out there too' } };
  }

  whenChanged(listener: () => void): void {
    this.#sessions.whenChanged(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#asking;
    this.#options.store[Symbol.dispose]();
  }

  #open(request: IncomingMessage, { claims, proof }: Vouched, { to }: Attempt): Step {
    const { dashboard, log, audit } = this.#options;
    const told = toldBy(claims, dashboard.oidc);
    const person = told === null ? null : personOf(told, dashboard.roles);
    const done = this.#attempts.write(request, '', 0);
    if (person === null) {
      log.info({ user: told?.name ?? null, subject: proof.subject }, 'sign-in refused');
      this.#refused(
        request,
        told?.name ?? null,
        'no role in the configuration, or no name at the provider',
      );
      const why =
        told === null
          ? `The provider gives no name for you: it has no claim ${dashboard.oidc.userClaim}.`
          : `${told.name} may not look at this dashboard. ${this.way}`;
      return { ...failed(why), cookies: [done] };
    }
    log.info({ user: person.name, role: person.role }, 'signed in');
    const peer = peerOf(request);
    audit({ kind: 'page.signed-in', user: person.name, role: person.role, peer, by: 'openid' });
    const key = this.#sessions.open(person, proof);
    return {
      kind: 'go',
      to,
      cookies: [done, this.#jar.write(request, key, dashboard.sessionS * 1_000)],
    };
  }

  #refused(request: IncomingMessage, user: string | null, reason: string): void {
    this.#options.audit({ kind: 'page.refused', user, peer: peerOf(request), reason });
  }

  /**
   * Asks the provider on behalf of a user who signs in. A slow provider must not use up the page's
   * connections: above this number, do not ask.
   */
  async #asked<T>(ask: (provider: Provider) => Promise<T>): Promise<T> {
    if (this.#waiting >= providerAsksMax) throw new Error('too many sign-ins wait for it already');
    this.#waiting += 1;
    try {
      return await ask(this.#options.provider);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** One session after the other, to spare the provider a burst. */
  #askAgain(): void {
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null;
    });
  }

  async #askAll(): Promise<void> {
    for (const session of this.#sessions.all) {
      if (this.#stopping) return;
      try {
        await this.#ask(session);
      } catch (error) {
        // If it is away for one session it is away for all; the next round starts at the same
        // place.
        this.#options.log.warn(
          { reason: reasonOf(error as Error) },
          'sessions not checked: the provider is away',
        );
        return;
      }
    }
  }

  async #ask(session: Session<Proof>): Promise<void> {
    const { provider, dashboard, log } = this.#options;
    const { name: user, role } = session.person;
    try {
      const { claims, proof } = await provider.ask(session.proof);
      this.#sessions.renew(session, proof);
      const told = toldBy(claims, dashboard.oidc);
      const person = told === null ? null : personOf(told, dashboard.roles);
      if (person?.role !== role)
        log.info({ user, role, now: person?.role ?? null }, 'role changed');
      this.#sessions.change(session, person);
    } catch (error) {
      if (!(error instanceof Denied)) throw error;
      log.info({ user, reason: error.message }, 'session ended by the provider');
      this.#sessions.change(session, null);
    }
  }

  #callback(request: IncomingMessage): string {
    return `${this.site.homeOf(request)}sign-in/callback`;
  }

  #away(error: Error): Step {
    const reason = reasonOf(error);
    this.#options.log.warn(
      { reason, issuer: this.#options.dashboard.oidc.issuer },
      'the OpenID provider is away',
    );
    return {
      kind: 'notice',
      status: 503,
      title: 'Sign-in is not available',
      sentence:
        'The OpenID provider does not answer as it should; the log of the dashboard says how. Try again in a minute.',
      link: { to: '/sign-in', text: 'Try again' },
    };
  }
}

function failed(sentence: string): Extract<Step, { kind: 'notice' }> {
  const link = { to: '/sign-in', text: 'Try again' };
  return { kind: 'notice', status: 403, title: 'Not signed in', sentence, link };
}

/**
 * A path of this page to continue to; never another site, nor an address that signs out or in
 * again.
 */
function ownPath(to: string | null): string {
  const url = URL.parse(to ?? '/', 'http://dashboard');
  if (url?.origin !== 'http://dashboard' || to?.startsWith('/') !== true) return '/';
  // `/.//evil.example` has our origin, but its path is the address of another site.
  return /^\/(?!\/|sign-(in|out))/.test(url.pathname) ? `${url.pathname}${url.search}` : '/';
}
