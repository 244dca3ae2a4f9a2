import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from '../sign-in/access.ts';

/** Answers an upgrade request in plain HTTP and closes the connection. */
export function refuseUpgrade(socket: Duplex, { status, error }: Refusal): void {
  const body = `${JSON.stringify({ error })}\n`;
  // The peer may have gone already; ignore that.
  socket.on('error', () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
