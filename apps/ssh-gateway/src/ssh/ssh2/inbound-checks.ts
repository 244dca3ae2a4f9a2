import type { ConnectionInternals, SessionInternals } from './internals.ts';

/** RFC 4254 5.1. */
const openFailure = { prohibited: 1, shortage: 4 } as const;

/**
 * Answers requests with a failure on a channel whose command has started, or whose client has sent
 * EOF. ssh2 does not answer them at all, so a client that sends a second `exec` waits for ever
 * (trap I).
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

/** The refusal text for a channel type that the gateway does not offer. */
const noChannel = 'only Bazaar branches are served here, no forwarding of ports or sockets';

/**
 * Refuses each channel that is not a session, and each session for which `whyNoSession` returns a
 * reason, with a text that clients show; ssh2 sends none. Calls `refused` with the type.
 */
export function refuseOpensInWords(
  { _protocol }: ConnectionInternals,
  whyNoSession: () => string | null,
  refused: (what: string) => void,
): void {
  const handlers = _protocol._handlers;
  const handle = handlers.CHANNEL_OPEN;
  const refuse = (sender: number, reason: number, what: string, why: string): void => {
    refused(what);
    _protocol.channelOpenFail(sender, reason, `hatchery: ${why}`);
  };
  handlers.CHANNEL_OPEN = (protocol, info) => {
    const { type, sender } = info;
    if (type !== 'session') return refuse(sender, openFailure.prohibited, type, noChannel);
    const why = whyNoSession();
    if (why === null) handle(protocol, info);
    else refuse(sender, openFailure.shortage, why, `${why}; close one, or open another connection`);
  };
}

/**
 * Calls `overrun` instead of passing on data beyond the window. ssh2 counts the window but does not
 * enforce it: beyond it a client could fill the memory (trap D), and data exactly at its end is
 * dropped silently.
 */
export function enforceWindow(
  { _protocol, _chanMgr }: ConnectionInternals,
  overrun: () => void,
): void {
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
