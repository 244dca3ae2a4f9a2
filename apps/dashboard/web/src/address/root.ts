/**
 * An address of the page or the server, as `/history`, for links and requests: the browser resolves
 * it against the root.
 */
export function fromRoot(path: string): string {
  return `.${path}`;
}

/** The browser's own path without the root, as `/history`. */
export function pathBelowRoot(): string {
  const { pathname } = location;
  // The server tells the root, which a proxy may put below a path, as the document's base.
  const root = new URL('./', document.baseURI).pathname;
  return pathname.startsWith(root) ? `/${pathname.slice(root.length)}` : pathname;
}

/** The same path as a WebSocket's address. */
export function socketAddress(path: string): string {
  const url = new URL(fromRoot(path), document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
