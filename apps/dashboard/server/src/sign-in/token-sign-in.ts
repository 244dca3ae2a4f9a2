import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Logger } from '@hatchery/daemon';
import type { AuditBody } from '@hatchery/event-feed';
import type { Role } from '@hatchery/events';
import {
  clockSkewMsMax,
  linkName,
  makeLinkToken,
  readLinkToken,
  signInLinkMsMax,
  type SignInLink,
} from '@hatchery/sign-in-links';
import { overToldMs, usedLinkKeptMs } from '../limits.ts';
import { accessTo, type Refusal } from './access.ts';
import { cookieJar } from './cookie.ts';
import { peerOf } from './peer.ts';
import type { Person } from './person.ts';
import { Sessions } from './sessions.ts';
import type { SignInStore } from './sign-in-store.ts';
import { nothingToComplete, type SignIn, type Step } from './sign-in.ts';
import type { Site } from './site.ts';

/** What signing in by a printed link needs. */
export interface TokenOptions {
  readonly site: Site;
  readonly port: number;
  /** Whether visitors from a loopback address may look without a sign-in. */
  readonly isOpen: boolean;
  readonly sessionMs: number;
  /** Signs the links. */
  readonly key: Buffer;
  readonly store: SignInStore;
  readonly terms: string;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly audit: (entry: AuditBody) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const way = 'Run ./hatchery sign-in on its machine, and open the link that it prints.';
const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Headers by which a proxy says that the client is elsewhere. */
const forwarding = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host'] as const;

/**
 * Access by links, each for one browser and an hour. Without a sign-in nobody sees anything, unless
 * `isOpen` lets visitors from a loopback address look.
 */
export function tokenSignIn(options: TokenOptions): SignIn {
  const { site, port, isOpen, sessionMs, store, terms, log, now } = options;
  const trouble = (error: Error): void =>
    log.error({ reason: error.message }, 'sign-ins cannot be kept');
  const sessions = new Sessions<null>({ msMax: sessionMs, now, store, terms, trouble });
  const jar = cookieJar(site, `hatchery-${port}`, 'Strict');
  const own = (request: IncomingMessage): Person | null =>
    sessions.find(jar.read(request))?.person ?? null;
  const isOver = (request: IncomingMessage): boolean =>
    jar.read(request) !== null && own(request) === null;
  const access = accessTo(site, (request) => {
    const person = own(request) ?? (isOpen ? neighbour(site, request) : null);
    return person ?? (isOver(request) ? signInIsOver : notSignedIn);
  });
  const links = linksOf(options);
  return {
    access,
    lapsed: (request) => (isOver(request) ? signInIsOver : null),
    site,
    way,
    isOurs: true,
    link: printedLink(options),
    liveMsMax: null,
    untrusted: 0,
    begin: async (request, url) => {
      const token = url.searchParams.get('token');
      if (token === null) return refused('Not signed in', way);
      const link = links.read(token);
      if ('kind' in link) return refuseLink(options, request, link);
      // Opening a link does not use it up: programs open links before people do.
      return {
        kind: 'notice',
        status: 200,
        title: 'Sign in',
        sentence: `This link signs one browser in as ${link.role}, once.`,
        button: { to: `/sign-in?token=${token}`, text: 'Sign in', isPressed: true },
      };
    },
    accept: async (request, url) => {
      const link = links.use(url.searchParams.get('token') ?? '');
      if ('kind' in link) return refuseLink(options, request, link);
      const before = sessions.find(jar.read(request));
      if (before !== null) sessions.change(before, null);
      tellUse(options, request, link);
      const opened = sessions.open({ name: link.role, role: link.role }, null);
      return { kind: 'go', to: '/', cookies: [jar.write(request, opened, sessionMs + overToldMs)] };
    },
    complete: async () => nothingToComplete,
    end: async (request) => {
      const session = sessions.find(jar.read(request));
      if (session !== null) sessions.change(session, null);
      const cookies = [jar.write(request, '', 0)];
      return {
        kind: 'notice',
        status: 200,
        title: 'Signed out',
        sentence: `To sign in again: ${way}`,
        cookies,
      };
    },
    whenChanged: (listener) => sessions.whenChanged(listener),
    [Symbol.asyncDispose]: async () => store[Symbol.dispose](),
  };
}

/** The link that the dashboard prints when it starts. */
function printedLink({ site, key, now, audit }: TokenOptions): string {
  const token = makeLinkToken(key, 'admin', now());
  const [actionId, link] = [randomUUID(), readLinkToken(key, token)];
  const target = `${link === null ? '' : `${linkName(link)} `}as admin`;
  const action = {
    actor: 'hatchery',
    verb: 'sign-in link',
    target,
    reason: 'printed at the start',
  };
  audit({ kind: 'action.requested', actionId, ...action });
  audit({ kind: 'action.done', actionId, outcome: 'done' });
  return `${site.home}sign-in?token=${token}`;
}

function tellUse(
  { log, audit }: TokenOptions,
  request: IncomingMessage,
  { role, ...link }: GoodLink,
): void {
  log.info({ role }, 'signed in by a link');
  audit({
    kind: 'page.signed-in',
    user: role,
    role,
    peer: peerOf(request),
    by: `link ${linkName(link)}`,
  });
}

function refuseLink({ audit }: TokenOptions, request: IncomingMessage, step: Step): Step {
  const reason = step.kind === 'notice' ? step.title : 'refused';
  audit({ kind: 'page.refused', user: null, peer: peerOf(request), reason });
  return step;
}

type GoodLink = SignInLink & { readonly role: Role };

/** Handles links: gives their role, or a page that says what is wrong and how to get another. */
function linksOf({
  key,
  store,
  log,
  now,
}: TokenOptions): Record<'read' | 'use', (token: string) => GoodLink | Step> {
  const read = (token: string): GoodLink | Step => {
    const link = readLinkToken(key, token);
    const role = roles.find((one) => one === link?.role);
    if (link === null || role === undefined)
      return refused(
        'This sign-in link is not valid',
        `It is incomplete, or not of this dashboard. For another: ${way}`,
      );
    const ageMs = now() - link.madeAt;
    const isOld = ageMs >= signInLinkMsMax || ageMs < -clockSkewMsMax || link.madeAt < store.madeAt;
    if (isOld)
      return refused(
        'This sign-in link has expired',
        `A link is good for ${signInLinkMsMax / 60_000} minutes. For another: ${way}`,
      );
    return store.isUsed(link.nonce) ? used : { ...link, role };
  };
  /**
   * If the use of a link cannot be recorded, refuse the link: it would work for a second browser.
   */
  const failing = (error: unknown): Step => {
    log.error({ reason: (error as Error).message }, 'sign-ins cannot be kept');
    const sentence =
      'The dashboard cannot write who is signed in; its log says why. Until then the command line acts: ./hatchery help.';
    return { kind: 'notice', status: 503, title: 'Sign-in is not available', sentence };
  };
  const guarded = (deed: (token: string) => GoodLink | Step) => (token: string) => {
    try {
      return deed(token);
    } catch (error) {
      return failing(error);
    }
  };
  return {
    read: guarded(read),
    use: guarded((token) => {
      const link = read(token);
      if ('kind' in link) return link;
      const isFirst = store.useLink(
        link.nonce,
        link.madeAt + signInLinkMsMax + usedLinkKeptMs,
        now(),
      );
      return isFirst ? link : used;
    }),
  };
}

function refused(title: string, sentence: string): Extract<Step, { kind: 'notice' }> {
  return { kind: 'notice', status: 403, title, sentence };
}

const used: Step = {
  ...refused(
    'This sign-in link was used already',
    `A link signs in one browser, once. If that was not yours, somebody else has opened it: tell whoever runs this service. For another: ${way}`,
  ),
  link: { to: '/', text: 'To the page' },
};

const notSignedIn: Refusal = { status: 401, error: `Not signed in. ${way}` };
const signInIsOver: Refusal = {
  status: 401,
  error: `Your sign-in is over. To sign in again: ${way}`,
};

/** A person on this host. */
function neighbour(site: Site, { headers }: IncomingMessage): Person | null {
  // Behind a proxy, everybody who reaches the proxy would count as loopback.
  const isNear = site.isNear && forwarding.every((name) => headers[name] === undefined);
  return isNear ? { name: 'visitor', role: 'viewer' } : null;
}
