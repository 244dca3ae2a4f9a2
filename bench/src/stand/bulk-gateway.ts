import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { checkoutDirectory, readPartRecord } from '@hatchery/daemon';
import { loadConfig } from '@hatchery/config';
import { serviceStartMsMax } from '../limits.ts';
import { within } from '../sessions/deadline.ts';
import { host, type Destination } from './destination.ts';
import { plainEnvironment } from './environment.ts';
import { ScriptService } from './script-service.ts';
import { ServiceProcess } from './service-process.ts';
import { runTool } from './tools.ts';

const main = join(checkoutDirectory, 'apps/ssh-gateway/src/main.ts');

/** Our gateway alone, in front of children that are shell scripts. Disposing it stops both. */
export class BulkGateway implements AsyncDisposable {
  readonly destination: Destination;
  readonly pid: number;
  readonly children: ScriptService;
  readonly #owned: AsyncDisposableStack;

  /**
   * Resolves when it serves. It accepts the key in `keyFile`. @throws an Error with the last line
   * it wrote
   */
  static async start(
    directory: string,
    keyFile: string,
    signal: AbortSignal,
  ): Promise<BulkGateway> {
    await using owned = new AsyncDisposableStack();
    mkdirSync(join(directory, 'users/bench'), { recursive: true });
    cpSync(`${keyFile}.pub`, join(directory, 'users/bench/authorized_keys'));
    const hostKey = join(directory, 'ssh_host_ed25519_key');
    await runTool(['/usr/bin/ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', hostKey], {
      home: directory,
      signal,
    });
    const children = owned.use(await ScriptService.start(directory));
    const configFile = join(directory, 'hatchery.toml');
    writeFileSync(configFile, configuration(directory, children.socket));
    const service = owned.use(
      new ServiceProcess({
        argv: [
          '/bin/sh',
          '-c',
          'exec "$0" "$@" 3>&1 1>&2',
          process.execPath,
          main,
          '--config',
          configFile,
          '--ready-fd',
          '3',
        ],
        environment: plainEnvironment(directory),
        logFile: join(directory, 'gateway.log'),
      }),
    );
    const lines = createInterface({ input: service.stdout });
    const line = new Promise<void>((resolve, reject) => {
      lines.once('line', () => resolve());
      void service.ended.then((ending) =>
        reject(new Error(`the gateway: ${ending}: ${service.lastWords}`)),
      );
    });
    await within(line, serviceStartMsMax, `the gateway did not get ready: ${service.lastWords}`);
    const record = readPartRecord(loadConfig({ configFile, directory }), 'ssh-gateway');
    if (record === null) throw new Error('the gateway has left no record of itself');
    const { port } = record.details['ssh'] as { port: number };
    const knownHostsFile = join(directory, 'known_hosts');
    writeFileSync(knownHostsFile, `[${host}]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
    return new BulkGateway(
      { user: 'bench', port, keyFile, knownHostsFile },
      record.pid,
      children,
      owned.move(),
    );
  }

  private constructor(
    destination: Destination,
    pid: number,
    children: ScriptService,
    owned: AsyncDisposableStack,
  ) {
    this.destination = destination;
    this.pid = pid;
    this.children = children;
    this.#owned = owned;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }
}

function configuration(directory: string, socket: string): string {
  return `state_dir = ${JSON.stringify(directory)}
[forker]
socket = ${JSON.stringify(socket)}
# What a figure has left open is not waited for.
children_timeout_s = 0
[ssh]
listen = "${host}:0"
`;
}
