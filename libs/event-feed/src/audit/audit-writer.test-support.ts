import { setImmediate as turn } from 'node:timers/promises';
import { AuditLog } from './audit-log.ts';

/**
 * A process that appends numbered entries of one user to an audit until it is ended: `DIRECTORY
 * USER`.
 */
const [, , directory = '', user = ''] = process.argv;
const now = (): Date => new Date('2026-11-21T09:58:00.000Z');
const failed = (error: Error): never => {
  throw error;
};

const log = new AuditLog({ directory, part: 'ssh-gateway', now, failed });
const fingerprint = `SHA256:${'x'.repeat(Number(process.pid) % 50)}`;
for (let number = 0; ; number += 1) {
  log.append({
    kind: 'sign-in.accepted',
    user,
    peer: String(number),
    fingerprint,
    certificate: null,
  });
  if (number % 10 === 0) await turn();
}
