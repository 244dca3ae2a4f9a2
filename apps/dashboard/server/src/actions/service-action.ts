import { controlRequest } from '@hatchery/event-feed';
import { askForker, type ActionAnswer } from './forker-action.ts';
import type { Verb } from './verbs.ts';

/** Where the two parts listen that an operator acts on: the forker, and the ssh gateway. */
export interface ControlSockets {
  readonly controlSocket: string;
  readonly gatewayControlSocket: string;
}

/**
 * Asks the forker, and then the gateway what concerns the whole service. The gateway follows the
 * forker by itself, half a second later (decision 0017): told here, it has acted before the person
 * reads that it is done.
 */
export async function askService(sockets: ControlSockets, verb: Verb): Promise<ActionAnswer> {
  const answer = await askForker(sockets.controlSocket, verb);
  if (verb.noun !== 'service' || answer.status >= 400) return answer;
  const notice = await tellGateway(sockets.gatewayControlSocket, verb);
  return notice === null ? answer : { ...answer, body: { ...answer.body, notice } };
}

/** Null when it has acted or is away, else what the person should know. */
async function tellGateway(
  gatewayControlSocket: string,
  { path, body }: Verb,
): Promise<string | null> {
  try {
    await controlRequest(gatewayControlSocket, 'POST', path, body);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Nobody listens there: a service without a gateway, or one that asks the forker as soon as it
    // is back.
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    return `The ssh gateway did not do it (${message}); it follows the forker in a second.`;
  }
}
