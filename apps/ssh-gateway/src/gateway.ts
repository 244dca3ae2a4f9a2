import { controlSocketPath, type Config } from '@hatchery/config';
import type { Part, PartContext } from '@hatchery/daemon';
import { controlRequest } from '@hatchery/event-feed';
import { openSignIn } from './auth/open-sign-in.ts';
import { drainable } from './drain.ts';
import { listenError, readHostKeys, requireNativeCrypto, requireUsersDirectory } from './feasibility.ts';
import { limits as ownLimits, type Limits } from './limits.ts';
import { Sessions } from './session/sessions.ts';
import { nativeCryptoLoaded } from './ssh/crypto-binding.ts';
import { SshServer } from './ssh/server.ts';

/** What a test replaces. */
export interface GatewayOptions {
  readonly limits?: Partial<Limits>;
  readonly nativeCryptoLoaded?: () => boolean;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Makes a gateway that already takes connections. @throws {StartError} when that cannot be, in one line that says what to do */
export async function createGateway(
  { config, log }: Pick<PartContext, 'config' | 'log'>,
  options: GatewayOptions = {},
): Promise<Part> {
  requireNativeCrypto((options.nativeCryptoLoaded ?? nativeCryptoLoaded)());
  const hostKeys = readHostKeys(config.ssh.hostKeys, config.ssh.hostCertificates);
  if (config.ssh.keyLookup.source === 'files') requireUsersDirectory(config.ssh.usersDirectory);
  const limits: Limits = { ...ownLimits, ...options.limits };
  if (config.ssh.fallback === 'spawn')
    log.warn('ssh.fallback "spawn" is not built yet: while the fork service is away, sessions are refused');
  const now = (): number => performance.now();
  const signIn = await openSignIn(config.ssh, { log, limits, now });
  const sessions = new Sessions({
    ...{ log, limits, now },
    forkSocket: config.forker.socket,
    sessionsPerUserMax: config.ssh.sessionsPerUserMax,
    signalChild: (childId, signal, reason) => signalChild(config, childId, signal, reason),
  });
  const server = await listen(config, {
    ...{ log, limits, now, hostKeys },
    startupsMax: config.ssh.startupsMax,
    loginGraceMs: config.ssh.loginGraceS * 1000,
    random: options.random ?? Math.random,
    judgeKey: (request) => signIn.judge(request),
    opened: (connection, request, channel) => sessions.open(connection, request, channel),
  });
  log.info({ host: server.address.address, port: server.address.port }, 'listening');
  return drainable({ config, log }, server, sessions);
}

async function listen(config: Config, options: Parameters<typeof SshServer.listen>[0]): Promise<SshServer> {
  try {
    return await SshServer.listen(options, config.ssh.listen);
  } catch (error) {
    throw listenError(error, config.ssh.listen);
  }
}

async function signalChild(config: Config, childId: string, signal: string, reason: string): Promise<void> {
  await controlRequest(controlSocketPath(config), 'POST', `/v1/children/${childId}/signal`, {
    signal,
    actor: 'ssh-gateway',
    reason,
  });
}
