/**
 * An address of the page or the server, such as `/history`, for links and requests: the browser
 * resolves it against the root.
 */
export function fromRoot(path: string): string {
  return `.${path}`;
}

/** The browser's path without the root, such as `/history`. */
export function pathBelowRoot(): string {
  const { pathname } = location;
  // The server gives the root as the document's base; a proxy may serve the page below a path.
  const root = new URL('./', document.baseURI).pathname;
  return pathname.startsWith(root) ? `/${pathname.slice(root.length)}` : pathname;
}

/** The same path as a WebSocket's address. */
export function socketAddress(path: string): string {
  const url = new URL(fromRoot(path), document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
