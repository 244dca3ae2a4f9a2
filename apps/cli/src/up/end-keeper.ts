import { connect } from 'node:net';
import { keeperSocketPath, type Config } from '@hatchery/config';
import { readPartRecord } from '@hatchery/daemon';
import { LineSplitter } from '@hatchery/event-feed';
import { keeperAnswerMsMax, keeperLineBytesMax } from '../limits.ts';

/** What a keeper says first to whoever asks it for something. */
interface Hello {
  readonly event: string;
  readonly pid: number;
  readonly children: readonly { readonly id: string }[];
}

/**
 * Ends the keeper, and with it the zygotes, that a forker has left when it was killed; a forker that ends by itself has ended it. Sessions that
 * still run then are over every deadline of a stop, and are killed. Never rejects: what is in the way is said.
 */
export async function endKeeper(config: Config, say: (line: string) => void): Promise<void> {
  // Another one's, as of a forker that runs alone under systemd.
  if (readPartRecord(config, 'forker') !== null) return;
  const socket = connect({ path: keeperSocketPath(config) });
  socket.setTimeout(keeperAnswerMsMax, () => socket.destroy(new Error('it gives no answer')));
  const send = (message: object): void => void socket.write(`${JSON.stringify(message)}\n`);
  socket.once('connect', () => send({ request: 'ping' }));
  try {
    const lines = new LineSplitter(keeperLineBytesMax);
    for await (const chunk of socket)
      for (const line of lines.push(chunk as Buffer)) {
        const { event, pid, children } = JSON.parse(line) as Hello;
        if (event !== 'hello') continue;
        say(`the fork service has left the keeper (pid ${pid}) with ${children.length} sessions; they are ended`);
        for (const { id } of children) send({ request: 'signal', id, signal: 9 });
        send({ request: 'quit' });
      }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED') say(`the keeper that is left cannot be ended: ${message}`);
  } finally {
    socket.destroy();
  }
}
