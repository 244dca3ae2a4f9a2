import type { IncomingMessage } from 'node:http';

/**
 * The way from the address of a request to the root of the page, as `./` or `../`. Links that start
 * there hold wherever a proxy puts the page, also below a path that it takes off.
 */
export function rootOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const depth = (url.split('?', 1)[0] ?? '').split('/').length - 2;
  return depth > 0 ? '../'.repeat(depth) : './';
}

/**
 * An address of ours, as `/sign-in?to=/`, from the root of the page; any other is left as it is.
 */
export function relative(to: string): string {
  return to.startsWith('/') ? `.${to}` : to;
}
