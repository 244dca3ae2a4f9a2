import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../sign-in/access.ts';
import { rootOf } from './root.ts';
import type { SignIn, Step } from '../sign-in/sign-in.ts';
import {
  noticeStylePath,
  policyWith,
  safetyHeaders,
  sendJson,
  sendNotice,
  sendNoticeStyle,
  sendRefusal,
  sendScript,
} from './answers.ts';

/**
 * `GET /sign-in`, `/sign-in/callback`, `/sign-out` and `/api/session`, `POST /sign-in` and
 * `/sign-out`. False when the address is none of these. They are open to the unsigned; a wrong name
 * in `Host` is refused all the same.
 */
export async function answerSignIn(
  signIn: SignIn,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const answering = routes[`${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`];
  if (answering === undefined) return false;
  const strange = signIn.site.strange(request);
  if (strange !== null) sendRefusal(response, strange);
  else await answering(signIn, url, request, response);
  return true;
}

/**
 * Presses the button of a page that was opened by a person: programs that look at links beforehand
 * mostly run no scripts, and browsers that render a page beforehand say so. It runs before the page
 * is loaded, so that the two are one navigation.
 */
const pressing = `const press = () => document.forms[0].submit();
if (document.prerendering) document.addEventListener('prerenderingchange', press, { once: true });
else press();
`;
const pressingPath = '/sign-in/press.js';

type Answering = (
  signIn: SignIn,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

const routes: Readonly<Record<string, Answering | undefined>> = {
  'GET /sign-in': async (signIn, url, request, response) =>
    send(response, await signIn.begin(request, url)),
  'POST /sign-in': async (signIn, url, request, response) => {
    request.resume();
    const foreign = signIn.site.foreign(request);
    if (foreign !== null) sendRefusal(response, foreign);
    else send(response, await signIn.accept(request, url));
  },
  [`GET ${pressingPath}`]: async (_signIn, _url, _request, response) =>
    sendScript(response, pressing),
  [`GET ${noticeStylePath}`]: async (_signIn, _url, _request, response) =>
    sendNoticeStyle(response),
  'GET /sign-in/callback': async (signIn, url, request, response) =>
    send(response, await signIn.complete(request, url)),
  'GET /sign-out': async (signIn, _url, request, response) =>
    offerSignOut(signIn, request, response),
  'POST /sign-out': async (signIn, _url, request, response) => {
    // The body, which is that of an empty form, is not looked at.
    request.resume();
    const foreign = signIn.site.foreign(request);
    if (foreign !== null) sendRefusal(response, foreign);
    else send(response, await signIn.end(request));
  },
  'GET /api/session': async (signIn, _url, request, response) => {
    const person = signIn.access.visitor(request);
    if ('status' in person) sendRefusal(response, person);
    else sendJson(response, 200, { ...person, way: signIn.way, signOut: signIn.isOurs });
  },
};

/** A visitor who may not read: a person gets a page that leads on, a program the reason. */
export function refuseVisitor(
  signIn: SignIn,
  url: URL,
  refusal: Refusal,
  response: ServerResponse,
): void {
  const isForPrograms = url.pathname.startsWith('/api/') || url.pathname === '/metrics';
  if (isForPrograms || ![401, 403].includes(refusal.status)) return sendRefusal(response, refusal);
  const leadsOn = signIn.isOurs && signIn.link === null && refusal.status === 401;
  const to = `/sign-in?to=${encodeURIComponent(`${url.pathname}${url.search}`)}`;
  sendNotice(response, refusal.status, {
    title: 'Not signed in',
    sentence: refusal.error,
    ...(leadsOn ? { link: { to, text: 'Sign in' } } : {}),
  });
}

function offerSignOut(signIn: SignIn, request: IncomingMessage, response: ServerResponse): void {
  const person = signIn.access.visitor(request);
  if ('status' in person)
    return sendNotice(response, 200, {
      title: 'Signed out',
      sentence: 'Nobody is signed in with this browser.',
    });
  const sentence = `You are ${person.name}, with the role ${person.role}.`;
  if (!signIn.isOurs)
    return sendNotice(response, 200, {
      title: 'Sign out',
      sentence: `${sentence} Signing out is up to the proxy.`,
    });
  sendNotice(response, 200, {
    title: 'Sign out',
    sentence,
    button: { to: '/sign-out', text: 'Sign out', headers: formHeaders },
  });
}

/**
 * Without any referrer the browser would send `Origin: null` with the form; an origin has no token
 * in it.
 */
const formHeaders: Readonly<Record<string, string>> = {
  'referrer-policy': 'strict-origin',
  'content-security-policy': policyWith('form-action', "'self'"),
};

function send(response: ServerResponse, step: Step): void {
  if (step.kind === 'notice') {
    const { button, ...notice } = step;
    if (button === undefined) return sendNotice(response, step.status, notice);
    const { to, text, isPressed } = button;
    const pressed = isPressed ? { script: pressingPath } : {};
    return sendNotice(response, step.status, {
      ...notice,
      button: { to, text, headers: formHeaders, ...pressed },
    });
  }
  response.writeHead(303, {
    ...safetyHeaders,
    'cache-control': 'no-store',
    ...(step.cookies.length > 0 ? { 'set-cookie': [...step.cookies] } : {}),
    location: step.to.startsWith('/') ? `${rootOf(response.req)}${step.to.slice(1)}` : step.to,
    'content-length': 0,
  });
  response.end();
}
