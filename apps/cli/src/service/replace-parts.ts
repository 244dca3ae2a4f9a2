import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { exitDone, exitFailed, type Invocation } from '../command.ts';
import { restartMsMax } from '../limits.ts';
import { actor } from './running-service.ts';
import {
  supervisorSocketPath,
  type RestartReport,
  type RestartRequest,
} from '../up/supervisor-socket.ts';
import { wantedSockets } from '../up/wanted-sockets.ts';

/**
 * Has the supervisor start new parts beside those that run, which drain then; the exit code.
 * @throws when the supervisor cannot be asked, or ends meanwhile
 */
export async function replaceParts(
  invocation: Invocation,
  runtimeDirectory: string,
): Promise<number> {
  const { config, options, place, say } = invocation;
  const isJson = options['json'] === true;
  const print = (report: RestartReport, text: string): void =>
    invocation.print(isJson ? `${JSON.stringify(report)}\n` : `${text}\n`);
  if (runtimeDirectory !== config.runtimeDirectory)
    throw new Error(
      `runtime_dir cannot change from ${runtimeDirectory} under a running service; hatchery restart --now stops it first`,
    );
  const asked = {
    place,
    actor: actor(invocation),
    wanted: wantedSockets(config),
    logFormat: config.log.format,
  };
  for await (const report of askSupervisor(supervisorSocketPath(config), asked)) {
    if (report.event === 'progress') print(report, report.message);
    else if (report.event === 'done') {
      print(report, `hatchery was restarted: ${report.message}`);
      return exitDone;
    } else {
      say(`restart: ${report.message}`);
      say('what ran before goes on serving');
      return exitFailed;
    }
  }
  throw new Error('the supervisor ended during the restart; its log tells why');
}

/**
 * What the supervisor says, as it says it. @throws an Error that says what to do when it cannot be
 * asked
 */
async function* askSupervisor(
  socketPath: string,
  asked: RestartRequest,
): AsyncGenerator<RestartReport> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream>();
  const request = httpRequest({ socketPath, path: '/v1/restart', method: 'POST', agent: false });
  request.setTimeout(restartMsMax, () =>
    request.destroy(new Error(`no word for ${restartMsMax / 1000} s`)),
  );
  request.on('error', (error: NodeJS.ErrnoException) =>
    reject(new Error(hindrance(socketPath, error))),
  );
  request.on('response', (response) => {
    if (response.statusCode === 200) resolve(response);
    else
      reject(
        new Error(
          `the supervisor answers ${response.statusCode}; hatchery restart --now stops it first`,
        ),
      );
  });
  request.end(JSON.stringify(asked));
  for await (const line of createInterface({ input: await answered }))
    yield JSON.parse(line) as RestartReport;
}

function hindrance(socketPath: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES' || code === 'EPERM')
    return `${socketPath} is not for this user; run it with sudo, or as the user that the service runs as`;
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return 'it is not ready yet, stops, or is of a version without this; hatchery restart --now stops and starts it';
  return `the supervisor gives no answer (${message}); its log tells why`;
}
