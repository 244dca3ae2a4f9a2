import { request as httpRequest } from 'node:http';
import { controlAnswerBytesMax, controlTimeoutMs } from './limits.ts';

/**
 * A control request that was answered with an error: `status` as in HTTP, `message` fit for a
 * person.
 */
export class ControlError extends Error {
  readonly code = 'control_refused';
  readonly fault = 'client';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

/** Somebody listens on the control socket and gave no answer in time. */
export class NoAnswerError extends Error {
  readonly code = 'no_answer';
  readonly fault = 'system';
}

/**
 * One request to a control socket, and its JSON answer. The forker answers `GET /v1/state` →
 * `{epoch, seq, version, view, keeper: {pid}, usage}`, `GET /v1/children/:id/log` → `{lines, cut}`,
 * `GET /v1/children/:id/ending` → `{cause, line}`, where `line` is what its user is to read or
 * null, `POST /v1/children/:id/signal` `{signal, actor, reason, pid?, startTime?}` → 202
 * `{actionId}`, 404 no such child, 409 it has ended, 412 another process by now, `POST /v1/drain`
 * `{actor, reason, deadlineS?}` and `POST /v1/undrain` `{actor, reason}`, `POST /v1/restart`
 * `{actor, reason}`: the forker ends and leaves keeper, zygote and children to the one that is
 * started next; `POST /v1/hand-over` is for its successor alone (apps/forker/src/succession).
 * @throws {ControlError} on a status of 400 or above
 * @throws {NoAnswerError} when that takes longer than `timeoutMs`
 * @throws the system error of connect(2) when nobody listens
 */
export async function controlRequest(
  controlSocket: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  timeoutMs: number = controlTimeoutMs,
): Promise<unknown> {
  const { status, text } = await exchange({ controlSocket, method, path, body, timeoutMs });
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (status < 400) return answer;
  throw new ControlError(status, errorText(answer) ?? `the service answered ${status}`);
}

interface Exchange {
  readonly controlSocket: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly timeoutMs: number;
}

function exchange({
  controlSocket,
  method,
  path,
  body,
  timeoutMs,
}: Exchange): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const headers = { 'content-type': 'application/json' };
  const request = httpRequest({ socketPath: controlSocket, path, method, agent: false, headers });
  request.setTimeout(timeoutMs, () => {
    request.destroy(
      new NoAnswerError(`no answer on ${controlSocket} within ${timeoutMs / 1000} s`),
    );
  });
  request.on('error', reject);
  request.on('response', (response) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > controlAnswerBytesMax) response.destroy(new Error('the answer is too long'));
      else parts.push(chunk);
    });
    response.on('error', reject);
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
    );
  });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function errorText(answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return null;
  return typeof answer.error === 'string' ? answer.error : null;
}
