import type { FeedMessage } from '@hatchery/events';
import type { HistoryRecord } from './record.ts';

/**
 * The records to keep of one message of the gateway's feed. Its snapshot does not mention sessions:
 * a session that closed while the feed was disconnected has no phases and bytes here, though the
 * fork service gives its child an end.
 */
export function gatewayRecords(message: FeedMessage): readonly HistoryRecord[] {
  if (message.type !== 'event') return [];
  const { event } = message;
  const at = Date.parse(event.at);
  switch (event.kind) {
    case 'session.closed': {
      const { childId, sessionId, reason, bytes, phasesMs } = event;
      return [{ type: 'gateway', childId, sessionId, at, reason, bytes, phasesMs }];
    }
    case 'session.refused': {
      const { user, peer, reason } = event;
      return [
        {
          type: 'mark',
          at,
          kind: 'refused',
          text: `${user === null ? peer : `${user} (${peer})`} refused: ${reason}`,
          childId: null,
        },
      ];
    }
    case 'action.requested': {
      const { actionId, actor, verb, target, reason } = event;
      return [
        {
          type: 'intent',
          at,
          actor,
          verb,
          target,
          reason,
          via: 'ssh-gateway',
          actionId,
          ownId: null,
          lock: null,
        },
      ];
    }
    case 'action.done':
      return [
        {
          type: 'outcome',
          at,
          actionId: event.actionId,
          ownId: null,
          outcome: event.outcome,
          lockAfter: null,
        },
      ];
    default:
      return [];
  }
}
