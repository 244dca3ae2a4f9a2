import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkoutDirectory } from '@hatchery/daemon';
import { serviceStartMsMax } from '../limits.ts';
import { within } from '../sessions/deadline.ts';
import { host, type Destination } from './destination.ts';
import { plainEnvironment } from './environment.ts';
import { ServiceProcess } from './service-process.ts';
import { runTool } from './tools.ts';

export interface HatcheryOptions {
  /** A directory of its own, which the caller removes afterwards. */
  readonly directory: string;
  readonly settings?: ForkerSettings;
  readonly signal: AbortSignal;
}

/** The settings of `[forker]`; a missing key has the service's default. */
export interface ForkerSettings {
  readonly pool_size?: number;
  readonly max_children?: number;
  readonly max_children_per_user?: number;
}

/** The fields of `up --json` that are used here. */
interface Ready {
  readonly ssh: { readonly port: number };
  readonly forkerSocket: string;
  readonly stateDir: string;
}

const cli = join(checkoutDirectory, 'apps/cli/src/main.ts');

/** Our side: all parts, started the way a person starts them. */
export class Hatchery implements AsyncDisposable {
  readonly forkerSocket: string;
  readonly destination: Destination;
  readonly hostingRoot: string;
  readonly #process: ServiceProcess;
  readonly #directory: string;

  /** Resolves when it serves. @throws an Error with the last line it wrote */
  static async start({ directory, settings = {}, signal }: HatcheryOptions): Promise<Hatchery> {
    mkdirSync(directory, { recursive: true });
    writeFileSync(configFile(directory), configuration(directory, settings));
    const argv = [
      process.execPath,
      cli,
      'up',
      '--json',
      '--config',
      configFile(directory),
    ] as const;
    const environment = plainEnvironment(directory);
    const service = new ServiceProcess({
      argv: [...argv],
      environment,
      logFile: join(directory, 'up.log'),
    });
    try {
      return new Hatchery(service, directory, await readiness(service, signal));
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    service: ServiceProcess,
    directory: string,
    { ssh, forkerSocket, stateDir }: Ready,
  ) {
    this.#process = service;
    this.#directory = directory;
    this.forkerSocket = forkerSocket;
    this.hostingRoot = join(stateDir, 'hosting');
    const knownHostsFile = join(directory, 'known_hosts');
    const hostKey = readFileSync(join(stateDir, 'ssh_host_ed25519_key.pub'), 'utf8');
    writeFileSync(knownHostsFile, `[${host}]:${ssh.port} ${hostKey}`);
    this.destination = {
      user: 'demo',
      port: ssh.port,
      keyFile: join(stateDir, 'demo/id_ed25519'),
      knownHostsFile,
    };
  }

  /** The forker's control socket. */
  get controlSocket(): string {
    return join(dirname(this.forkerSocket), 'control.sock');
  }

  /** Replaces its parts, as an upgrade does. */
  async restart(signal: AbortSignal): Promise<void> {
    const config = configFile(this.#directory);
    const argv = [process.execPath, cli, 'restart', '--config', config] as const;
    await runTool([...argv], { home: this.#directory, signal });
  }

  /** Its processes by the names of their parts. */
  async parts(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const argv = [
      process.execPath,
      cli,
      'status',
      '--json',
      '--config',
      configFile(this.#directory),
    ] as const;
    const answer = await runTool([...argv], { home: this.#directory, signal });
    const { parts } = JSON.parse(answer) as { parts: { name: string; pid: number }[] };
    return new Map(parts.map(({ name, pid }) => [name, pid]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function configFile(directory: string): string {
  return join(directory, 'hatchery.toml');
}

function configuration(directory: string, settings: ForkerSettings): string {
  // Do not wait for sessions that a failed run leaves open.
  const forker = Object.entries({ children_timeout_s: 2, ...settings }).map(
    ([key, value]) => `${key} = ${value}`,
  );
  return `state_dir = ${JSON.stringify(join(directory, 'state'))}
[forker]
${forker.join('\n')}
[ssh]
listen = "${host}:0"
[dashboard]
listen = "${host}:0"
`;
}

async function readiness(service: ServiceProcess, signal: AbortSignal): Promise<Ready> {
  const lines = createInterface({ input: service.stdout });
  const { promise: line, resolve, reject } = Promise.withResolvers<string>();
  const abort = (): void => reject(new Error('interrupted'));
  lines.once('line', resolve);
  signal.addEventListener('abort', abort, { once: true });
  void service.ended.then((ending) =>
    reject(new Error(`hatchery up: ${ending}: ${service.lastWords}`)),
  );
  try {
    return JSON.parse(
      await within(line, serviceStartMsMax, `hatchery up did not get ready: ${service.lastWords}`),
    ) as Ready;
  } finally {
    signal.removeEventListener('abort', abort);
    lines.close();
    service.stdout.resume();
  }
}
