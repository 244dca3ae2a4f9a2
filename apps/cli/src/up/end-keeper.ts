import { connect } from 'node:net';
import { keeperSocketPath, type Config } from '@hatchery/config';
import { readPartRecord, readPartRecordElsewhere } from '@hatchery/daemon';
import { LineSplitter } from '@hatchery/event-feed';
import { requireVersion } from '@hatchery/formats';
import { keeperAnswerMsMax, keeperLineBytesMax } from '../limits.ts';

/** What a keeper says first to whoever asks it for something. */
interface Hello {
  readonly format: number;
  readonly event: string;
  readonly pid: number;
  readonly children: readonly { readonly id: string }[];
}

/**
 * Ends the keeper, and with it the zygotes, that a forker has left when it was killed; a forker
 * that ends by itself has ended it. Sessions that still run are killed, or spared with their
 * keeper. What came of it; `none` when there was none. Never rejects: what is in the way is said.
 */
export async function endKeeper(
  config: Config,
  say: (line: string) => void,
  sessions: 'end' | 'spare',
): Promise<'none' | 'ended' | 'spared'> {
  // Another one's, as of a forker that runs alone under systemd, or in another pid namespace.
  if ((readPartRecord(config, 'forker') ?? readPartRecordElsewhere(config, 'forker')) !== null)
    return 'none';
  const socket = connect({ path: keeperSocketPath(config) });
  socket.setTimeout(keeperAnswerMsMax, () => socket.destroy(new Error('it gives no answer')));
  const send = (message: object): void => void socket.write(`${JSON.stringify(message)}\n`);
  socket.once('connect', () => send({ request: 'ping' }));
  let outcome: 'none' | 'ended' = 'none';
  try {
    const lines = new LineSplitter(keeperLineBytesMax);
    for await (const chunk of socket)
      for (const line of lines.push(chunk as Buffer)) {
        const { event, pid, children, format } = JSON.parse(line) as Hello;
        if (event !== 'hello') continue;
        requireVersion('keeperWire', `process ${pid}`, format);
        const left = `a fork service that was killed has left the keeper (pid ${pid}) with ${sessionsOf(children.length)}`;
        if (children.length > 0 && sessions === 'spare') {
          say(`${left}, which go on; hatchery stop waits for them and ends it`);
          return 'spared';
        }
        say(`${left}; they are ended`);
        outcome = 'ended';
        for (const { id } of children) send({ request: 'signal', id, signal: 9 });
        send({ request: 'quit' });
      }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED')
      say(`the keeper that is left cannot be ended: ${message}`);
  } finally {
    socket.destroy();
  }
  return outcome;
}

function sessionsOf(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`;
}
