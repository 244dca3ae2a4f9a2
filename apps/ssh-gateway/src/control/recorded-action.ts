import type { ActionEvent } from '@hatchery/events';

/** Longer than any name, path or reason that a person types. */
const textCharactersMax = 4_096;

/**
 * Reads an action that a command has recorded: its intent, or what came of it. Null for anything
 * else.
 */
export function readAction(body: Readonly<Record<string, unknown>>): ActionEvent | null {
  const text = (name: string): string | null => {
    const value = body[name];
    return typeof value === 'string' && value !== '' && value.length <= textCharactersMax
      ? value
      : null;
  };
  const actionId = text('actionId');
  if (actionId === null || !/^[\w-]{1,64}$/.test(actionId)) return null;
  if (body['kind'] === 'action.done') {
    const outcome = text('outcome');
    return outcome === null ? null : { kind: 'action.done', actionId, outcome };
  }
  const [actor, verb, target, reason] = [
    text('actor'),
    text('verb'),
    text('target'),
    text('reason'),
  ];
  if (
    body['kind'] !== 'action.requested' ||
    actor === null ||
    verb === null ||
    target === null ||
    reason === null
  )
    return null;
  return { kind: 'action.requested', actionId, actor, verb, target, reason };
}
