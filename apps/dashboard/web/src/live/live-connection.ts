import type { LiveMessage } from '@hatchery/events';
import {
  firstState,
  transition,
  type LiveEffect,
  type LiveEvent,
  type LiveState,
} from './connection.ts';
import { tickMs } from './limits.ts';
import { hindranceOf } from './refusal.ts';

/** FoldedData after each transition; `message` is the message that caused it, if any. */
export type LiveWatcher = (state: LiveState, message: LiveMessage | null) => void;

/**
 * Keeps the WebSocket open and does what {@link transition} decides. Dispose to close it for good.
 */
export function keepLive(url: string, watch: LiveWatcher): Disposable {
  let state = firstState(Date.now());
  let socket: WebSocket | null = null;
  const happen = (event: LiveEvent): void => {
    const next = transition(state, event, Date.now(), Math.random());
    state = next.state;
    watch(state, event.type === 'message' ? event.message : null);
    for (const effect of next.effects) perform(effect);
  };
  const perform = (effect: LiveEffect): void => {
    if (effect.type === 'send') socket?.send(JSON.stringify(effect.request));
    if (effect.type !== 'send') socket = hangUp(socket);
    if (effect.type === 'dial') socket = open(url, happen, (asker) => asker === socket);
  };
  const wake = (): void => {
    if (document.visibilityState === 'visible') happen({ type: 'woke' });
  };
  const timer = setInterval(() => happen({ type: 'tick' }), tickMs);
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  perform({ type: 'dial' });
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
      socket = hangUp(socket);
    },
  };
}

/** The close code that the server uses when the sign-in behind a stream has ended. */
const signInOverCode = 4001;

/**
 * Opens a socket. Its events count only while it is the current one; the page ignores sockets it
 * gave up.
 */
function open(
  url: string,
  happen: (event: LiveEvent) => void,
  isCurrent: (socket: WebSocket) => boolean,
): WebSocket {
  const socket = new WebSocket(url);
  const report = (event: LiveEvent): void => {
    if (isCurrent(socket)) happen(event);
  };
  socket.addEventListener('open', () => report({ type: 'opened' }));
  let opened = false;
  socket.addEventListener('open', () => (opened = true));
  socket.addEventListener('close', ({ code }) => {
    report({ type: 'closed' });
    // A browser does not tell a page why its upgrade was refused, so ask the server by plain HTTP.
    if (!opened || code === signInOverCode)
      void hindranceOf().then(
        (hindrance) => hindrance !== null && isCurrent(socket) && happen(hindrance),
      );
  });
  socket.addEventListener('message', ({ data }) => {
    report({ type: 'message', message: JSON.parse(String(data)) as LiveMessage });
  });
  return socket;
}

function hangUp(socket: WebSocket | null): null {
  socket?.close();
  return null;
}
