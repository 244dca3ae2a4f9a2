import type { ConnectionInternals, SessionInternals } from './internals.ts';

/**
 * Answers requests on a channel whose command has started, or whose client has sent EOF, with a failure. ssh2 gives them no answer at all,
 * so a client that sends a second `exec` waits for ever (trap I).
 */
export function answerLateRequests({ _protocol, _chanMgr }: ConnectionInternals): void {
  const handlers = _protocol._handlers;
  const handle = handlers.CHANNEL_REQUEST;
  handlers.CHANNEL_REQUEST = (protocol, recipient, type, wantReply, data) => {
    const session = _chanMgr.get(recipient);
    if (!isSession(session) || !(session._channel !== undefined || session._ending)) {
      handle(protocol, recipient, type, wantReply, data);
    } else if (wantReply) {
      protocol.channelFailure(session._chanInfo.outgoing.id);
    }
  };
}

/**
 * Calls `overrun` instead of passing on what a client sends past its window. ssh2 counts the window and does not enforce it: past it a client
 * could fill the memory (trap D), and exactly at its end what comes is dropped in silence.
 */
export function enforceWindow({ _protocol, _chanMgr }: ConnectionInternals, overrun: () => void): void {
  const handlers = _protocol._handlers;
  const handle = handlers.CHANNEL_DATA;
  handlers.CHANNEL_DATA = (protocol, recipient, data) => {
    const session = _chanMgr.get(recipient);
    const window = isSession(session) ? session._channel?.incoming.window : undefined;
    if (window !== undefined && data.length > window) overrun();
    else handle(protocol, recipient, data);
  };
}

function isSession(candidate: unknown): candidate is SessionInternals {
  return typeof candidate === 'object' && candidate !== null && '_chanInfo' in candidate;
}
