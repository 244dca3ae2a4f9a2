import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sshdPollMs, sshdStartMsMax } from '../limits.ts';
import { host, type Destination } from './destination.ts';
import { plainEnvironment } from './environment.ts';
import { ServiceProcess } from './service-process.ts';
import { runTool } from './tools.ts';

export interface SshdOptions {
  /** A directory of its own, which the caller removes afterwards. */
  readonly directory: string;
  /** What its cold brz serves. */
  readonly hostingRoot: string;
  /** The client's key, the same one that our gateway accepts. */
  readonly keyFile: string;
  readonly signal: AbortSignal;
  /** What each session runs instead of a cold brz. */
  readonly command?: string | undefined;
}

/** The rival of our gateway: OpenSSH's sshd, which starts a cold brz for each session. */
export class Sshd implements AsyncDisposable {
  readonly destination: Destination;
  readonly #process: ServiceProcess;

  /** Resolves when it answers. @throws an Error with the last line it wrote */
  static async start({
    directory,
    hostingRoot,
    keyFile,
    signal,
    command,
  }: SshdOptions): Promise<Sshd> {
    mkdirSync(directory, { recursive: true });
    makePrivilegeSeparationDirectory();
    const port = await freePort();
    const hostKey = join(directory, 'host_key');
    await runTool(['/usr/bin/ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', hostKey], {
      home: directory,
      signal,
    });
    const knownHostsFile = join(directory, 'known_hosts');
    writeFileSync(knownHostsFile, `[${host}]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
    const config = join(directory, 'sshd_config');
    writeFileSync(
      config,
      configuration({
        directory,
        hostingRoot,
        port,
        hostKey,
        authorizedKeys: `${keyFile}.pub`,
        command,
      }),
    );
    const service = new ServiceProcess({
      argv: ['/usr/sbin/sshd', '-D', '-e', '-f', config],
      environment: plainEnvironment(directory),
      logFile: join(directory, 'sshd.log'),
    });
    try {
      await answering(service, port, signal);
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
    return new Sshd(service, { user: userInfo().username, port, keyFile, knownHostsFile });
  }

  private constructor(service: ServiceProcess, destination: Destination) {
    this.#process = service;
    this.destination = destination;
  }

  /** Of the process that listens. */
  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/**
 * sshd as root refuses to start without it; Debian's unit makes it with RuntimeDirectory=sshd. We
 * leave it behind empty: another sshd may have been started since.
 */
function makePrivilegeSeparationDirectory(): void {
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}

interface Configured {
  readonly directory: string;
  readonly hostingRoot: string;
  readonly port: number;
  readonly hostKey: string;
  readonly authorizedKeys: string;
  readonly command: string | undefined;
}

function configuration({
  directory,
  hostingRoot,
  port,
  hostKey,
  authorizedKeys,
  command,
}: Configured): string {
  const { HOME: _home, PATH: _path, ...environment } = plainEnvironment(directory);
  // A bash that sshd runs at the first shell level reads ~/.bashrc, and the user's own may cost
  // more than sshd does.
  const settings = Object.entries({ ...environment, SHLVL: '1' }).map(
    ([name, value]) => `"${name}=${value}"`,
  );
  return `ListenAddress ${host}:${port}
HostKey ${hostKey}
PidFile none
AuthorizedKeysFile ${authorizedKeys}
# The keys are in a scratch directory below one that anybody may write.
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 100
SetEnv ${settings.join(' ')}
# The same branches at the same addresses as with us.
ForceCommand ${command ?? `exec /usr/bin/brz serve --inet --directory='${hostingRoot}' --allow-writes`}
`;
}

/**
 * A free port, because sshd does not take port 0. If another program takes it first, sshd reports
 * that.
 */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answering(
  service: ServiceProcess,
  port: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + sshdStartMsMax;
  while (!(await answers(port))) {
    if (service.hasEnded) throw new Error(`sshd: ${await service.ended}: ${service.lastWords}`);
    if (performance.now() > deadline) throw new Error(`sshd does not answer: ${service.lastWords}`);
    await delay(sshdPollMs, undefined, { signal });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('data', () => settle(true)).once('error', () => settle(false));
    socket.once('close', () => settle(false));
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
  });
}
