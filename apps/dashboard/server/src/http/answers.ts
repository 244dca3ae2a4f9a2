import type { ServerResponse } from 'node:http';
import type { Refusal } from '../sign-in/access.ts';

/** What every answer carries: no guessing of types, no framing, no referrer with a token in it, nothing loaded from elsewhere. */
export const safetyHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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

/** A page for a person who does not see the dashboard now. `title` is ours; `sentence` may hold names. */
export function sendNotice(response: ServerResponse, status: number, notice: Notice): void {
  const { title, sentence, link, button, cookies = [] } = notice;
  const further =
    (link === undefined ? '' : `<p><a href="${escaped(link.to)}">${escaped(link.text)}</a></p>`) +
    (button === undefined
      ? ''
      : `<form method="post" action="${escaped(button.to)}"><button>${escaped(button.text)}</button></form>`) +
    (button?.script === undefined ? '' : `<script src="${escaped(button.script)}"></script>`);
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${title}</title><main><h1>${title}</h1><p>${escaped(sentence)}</p>${further}</main></html>\n`;
  if (cookies.length > 0) response.setHeader('set-cookie', [...cookies]);
  send(response, status, 'text/html; charset=utf-8', html, button === undefined ? {} : button.headers);
}

/** What a {@link sendNotice} says and offers. */
export interface Notice {
  readonly title: string;
  readonly sentence: string;
  readonly link?: { readonly to: string; readonly text: string };
  /** Posts to `to`; `headers` loosen the policy as far as that needs. `script` is the address of one to run beside it. */
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
