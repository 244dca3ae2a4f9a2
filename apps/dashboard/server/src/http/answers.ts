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

/** A page for a person who cannot use the dashboard yet. `sentence` is ours, never taken from a request. */
export function sendNotice(response: ServerResponse, status: number, title: string, sentence: string): void {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title><h1>${title}</h1><p>${sentence}</p></html>\n`;
  send(response, status, 'text/html; charset=utf-8', html);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...safetyHeaders,
    'cache-control': 'no-store',
    'content-type': type,
    'content-length': body.length,
  });
  response.end(body);
}
