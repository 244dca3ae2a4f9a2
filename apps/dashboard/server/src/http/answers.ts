import type { ServerResponse } from 'node:http';
import type { Refusal } from '../sign-in/access.ts';
import { relative, rootOf } from './root.ts';

/**
 * What every answer carries: no guessing of types, no framing, no referrer with a token in it,
 * nothing loaded from elsewhere.
 */
export const safetyHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

/** A refusal as `{error}`, one sentence a person can act on. */
export function sendRefusal(response: ServerResponse, { status, error }: Refusal): void {
  sendJson(response, status, { error });
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', text);
}

/** A script of a page for a person. */
export function sendScript(response: ServerResponse, text: string): void {
  send(response, 200, 'text/javascript; charset=utf-8', text);
}

/**
 * Open to everybody, like the pages that use it: the policy takes no style that is not a file of
 * ours.
 */
export const noticeStylePath = '/sign-in/notice.css';

const noticeStyle = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#f6f6f4, #15171a); color: light-dark(#1c2024, #e6e8ea); }
main { max-width: 32em; margin: 12vh auto 0; padding: 20px 24px; border: 1px solid light-dark(#dedfdc, #2f343a);
  border-radius: 8px; background: light-dark(#ffffff, #1c1f23); overflow-wrap: anywhere; }
h1 { margin: 0 0 8px; font-size: 18px; }
p, form { margin: 0 0 10px; }
a { color: light-dark(#1d5fa8, #83b6ee); }
button { min-height: 30px; padding: 2px 14px; border: 1px solid light-dark(#84888d, #757d86); border-radius: 4px;
  background: none; color: inherit; font: inherit; cursor: pointer; }
:focus-visible { outline: 2px solid light-dark(#1d5fa8, #83b6ee); outline-offset: 2px; }
@media (max-width: 600px) { main { margin: 16px; } }
`;

export function sendNoticeStyle(response: ServerResponse): void {
  send(response, 200, 'text/css; charset=utf-8', noticeStyle);
}

/**
 * A page for a person who does not see the dashboard now. `title` is ours; `sentence` may hold
 * names.
 */
export function sendNotice(response: ServerResponse, status: number, notice: Notice): void {
  const { title, sentence, link, button, cookies = [] } = notice;
  const further =
    (link === undefined
      ? ''
      : `<p><a href="${escaped(relative(link.to))}">${escaped(link.text)}</a></p>`) +
    (button === undefined
      ? ''
      : `<form method="post" action="${escaped(relative(button.to))}"><button>${escaped(button.text)}</button></form>`) +
    (button?.script === undefined
      ? ''
      : `<script src="${escaped(relative(button.script))}"></script>`);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><base href="${rootOf(response.req)}"><title>${title}</title><link rel="stylesheet" href="${relative(noticeStylePath)}"><main><h1>${title}</h1><p>${escaped(sentence)}</p>${further}</main></html>\n`;
  if (cookies.length > 0) response.setHeader('set-cookie', [...cookies]);
  send(
    response,
    status,
    'text/html; charset=utf-8',
    html,
    button === undefined ? {} : button.headers,
  );
}

/** What a {@link sendNotice} says and offers. */
export interface Notice {
  readonly title: string;
  readonly sentence: string;
  readonly link?: { readonly to: string; readonly text: string };
  /**
   * Posts to `to`; `headers` loosen the policy as far as that needs. `script` is the address of one
   * to run beside it.
   */
  readonly button?: {
    readonly to: string;
    readonly text: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly script?: string;
  };
  readonly cookies?: readonly string[];
}

/** The policy with one directive changed. */
export function policyWith(directive: string, value: string): string {
  const policy = safetyHeaders['content-security-policy'] ?? '';
  return policy.replace(new RegExp(`${directive} [^;]+`), `${directive} ${value}`);
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...safetyHeaders,
    'cache-control': 'no-store',
    'content-type': type,
    'content-length': body.length,
    ...headers,
  });
  response.end(body);
}
