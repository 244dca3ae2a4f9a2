import { request as httpRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { restartMsMax } from '../limits.ts';
import { hiddenRecords } from './records.ts';
import { actor } from './running-service.ts';
import { readService } from './service-process.ts';
import { startDetached, stopRunning } from './start-stop.ts';
import {
  supervisorSocketPath,
  type RestartReport,
  type RestartRequest,
} from '../up/supervisor-socket.ts';
import { unsupervisedParts } from './unsupervised.ts';
import { wantedSockets } from '../up/wanted-sockets.ts';

export const restart: Command = {
  name: 'restart',
  isByTheBook: true,
  synopsis: '[--now]',
  summary: 'start the new code and configuration, then drain the old; --now stops, then starts',
  options: { now: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const running = readService(invocation.config);
    if (running === null) return startBesideLeft(invocation);
    if (invocation.options['now'] !== true)
      return replaceParts(invocation, running.runtimeDirectory);
    if (!running.detached)
      throw new Error(
        `pid ${running.pid} was not started by hatchery start; stop and start it where it runs`,
      );
    await stopRunning(invocation);
    return startDetached(invocation);
  },
};

/**
 * Parts that a killed supervisor has left are succeeded by a start. @throws when nothing runs at
 * all
 */
function startBesideLeft(invocation: Invocation): Promise<number> {
  const { config } = invocation;
  if (unsupervisedParts(config).length === 0)
    throw new Error(
      hiddenRecords(config) ?? `nothing runs on ${config.stateDirectory}; hatchery start starts it`,
    );
  return startDetached(invocation);
}

async function replaceParts(invocation: Invocation, runtimeDirectory: string): Promise<number> {
  const { config, place, print, say } = invocation;
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
    if (report.event === 'progress') print(`${report.message}\n`);
    else if (report.event === 'done') {
      print(`hatchery was restarted: ${report.message}\n`);
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
