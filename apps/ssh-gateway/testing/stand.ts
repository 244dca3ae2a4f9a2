import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { algorithmNames, type Config } from '@hatchery/config';
import type { Part } from '@hatchery/daemon';
import { createGateway } from '../src/gateway.ts';
import type { WorkerOptions } from '../src/worker/own-worker.ts';
import {
  makeKey,
  run,
  RunningClient,
  sshArguments,
  type ClientResult,
  type Destination,
} from './clients.ts';
import { until, within } from '@hatchery/testkit';
import { SmallForkService } from './fork-service.ts';
import { RecordingLog } from './recording-log.ts';

export interface StandOptions extends WorkerOptions {
  /** A function of the stand's directory, which may put files there. */
  readonly ssh?: Partial<Config['ssh']> | ((directory: string) => Partial<Config['ssh']>);
  readonly childrenTimeoutS?: number;
  /** In the form that ssh-keygen takes. */
  readonly hostKeyType?: readonly string[];
}

/**
 * A real gateway on a free port, a small fork service behind it, and alice with her key. Disposing
 * it asserts that nothing is left behind.
 */
export class Stand implements AsyncDisposable {
  readonly directory: string;
  readonly log = new RecordingLog();
  readonly forks: SmallForkService;
  readonly config: Config;
  #gateway: Part | null = null;
  #descriptors = 0;
  #timers = 0;

  static async open(options: StandOptions = {}): Promise<Stand> {
    const stand = new Stand(options);
    await stand.forks.start();
    stand.#descriptors = openSockets();
    stand.#timers = runningTimers();
    // The native ciphers only make it faster; a test about them asks for them.
    const context = { config: stand.config, log: stand.log.logger };
    try {
      stand.#gateway = await createGateway(context, { nativeCryptoLoaded: () => true, ...options });
      return stand;
    } catch (error) {
      await stand.#removeSurroundings();
      throw error;
    }
  }

  private constructor({ ssh, childrenTimeoutS, hostKeyType }: StandOptions) {
    this.directory = mkdtempSync(join(tmpdir(), 'hatchery-gateway-'));
    this.forks = new SmallForkService(this.directory);
    makeKey(this.directory, 'host', hostKeyType);
    this.config = testConfig(this.directory, this.forks.socket, {
      childrenTimeoutS: childrenTimeoutS ?? 10,
      ssh: typeof ssh === 'function' ? ssh(this.directory) : (ssh ?? {}),
    });
    this.authorize('alice', makeKey(this.directory, 'alice'));
  }

  get gateway(): Part {
    assert.ok(this.#gateway);
    return this.#gateway;
  }

  get port(): number {
    return (this.gateway.details['ssh'] as { port: number }).port;
  }

  get alice(): Destination {
    return {
      directory: this.directory,
      port: this.port,
      user: 'alice',
      key: join(this.directory, 'alice'),
    };
  }

  /** Adds a key to a user's file, and creates the file if it is missing. */
  authorize(user: string, key: string, options = ''): void {
    mkdirSync(join(this.config.ssh.usersDirectory, user), { recursive: true });
    appendFileSync(
      join(this.config.ssh.usersDirectory, user, 'authorized_keys'),
      `${options}${readFileSync(`${key}.pub`, 'utf8')}`,
    );
  }

  /** Runs /usr/bin/ssh as alice to its end. */
  async ssh(
    command: readonly string[],
    input?: string | Buffer,
    options: readonly string[] = [],
  ): Promise<ClientResult> {
    return run('/usr/bin/ssh', [...sshArguments(this.alice, options), ...command], input);
  }

  /** Starts /usr/bin/ssh as alice. */
  startSsh(command: readonly string[], options: readonly string[] = []): RunningClient {
    return new RunningClient('/usr/bin/ssh', [...sshArguments(this.alice, options), ...command]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.gateway.stop(false);
      this.gateway.stop(true);
      await within('the gateway to stop', this.gateway.finished);
      await until('all children to be gone', () => this.forks.livingChildren === 0);
      await until('all sockets and pipes to be closed', () => openSockets() <= this.#descriptors);
      await until('all timers to be over', () => runningTimers() <= this.#timers);
      assert.deepEqual(this.forks.leftDirectories, []);
      assert.deepEqual(
        this.log.lines.filter(({ message }) => message.endsWith('failed')),
        [],
        'no handler failed',
      );
    } finally {
      await this.#removeSurroundings();
    }
  }

  async #removeSurroundings(): Promise<void> {
    await this.forks[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Descriptors of this process that a session could leak. */
function openSockets(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Timers that keep this process from ending. */
function runningTimers(): number {
  return process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
}

const filesOnly: Config['ssh']['keyLookup'] = {
  source: 'files',
  url: null,
  tokenFile: null,
  command: null,
  teamsCommand: null,
  timeoutS: 10,
  cacheS: 30,
  outageS: 900,
};

function testConfig(
  directory: string,
  forkSocket: string,
  { childrenTimeoutS, ssh }: { childrenTimeoutS: number; ssh: Partial<Config['ssh']> },
): Config {
  return {
    stateDirectory: directory,
    runtimeDirectory: directory,
    hosting: {
      root: join(directory, 'hosting'),
      private: [],
      readOnly: false,
      fileReads: false,
      umask: null,
    },
    forker: {
      socket: forkSocket,
      socketMode: 0o600,
      childrenMax: 100,
      childrenPerUserMax: 100,
      requestTimeoutS: 1,
      childConnectTimeoutS: 120,
      childrenTimeoutS,
      poolSize: 0,
      fork: true,
      runAs: null,
    },
    limits: { cpuS: 0, addressSpaceBytes: 0, userMemoryBytes: 0, openFiles: 0, fileSizeBytes: 0 },
    ssh: {
      listen: { host: '127.0.0.1', port: 0 },
      hostKeys: [join(directory, 'host')],
      workers: 1,
      usersDirectory: join(directory, 'users'),
      hostCertificates: [],
      userAuthorities: null,
      revokedKeys: null,
      keyLookup: filesOnly,
      algorithms: {
        kex: algorithmNames('kex', 'default'),
        ciphers: algorithmNames('ciphers', 'default'),
        macs: algorithmNames('macs', 'default'),
        hostKeys: algorithmNames('hostKeys', 'default'),
      },
      loginGraceS: 60,
      startupsMax: { start: 100, ratePercent: 30, full: 200 },
      startupsPerSourceMax: 100,
      limitExempt: [],
      sessionsPerUserMax: 100,
      idleTimeoutS: 3600,
      proxyProtocol: 'off',
      proxyFrom: ['127.0.0.0/8'],
      statusListen: null,
      fallback: 'refuse',
      ...ssh,
    },
    dashboard: { listen: { host: '127.0.0.1', port: 0 }, auth: 'token' } as Config['dashboard'],
    locks: { directory: join(directory, 'locks'), mode: 0o600, orphanGraceS: 60 },
    // Only worker processes log to it, which is the test's own stderr.
    log: { level: 'fatal' as 'error', format: 'json' },
  };
}
