import { readFileSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { proveSafeProgram, StartError, type Logger } from '@hatchery/daemon';
import { parseKeyLines } from '@hatchery/ssh-keys';
import type { Limits } from '../limits.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { runForLines } from './command-keys.ts';
import { FileKeys } from './file-keys.ts';
import { fetchAccount } from './http-keys.ts';
import {
  KeysUnavailableError,
  type AccountText,
  type KeySource,
  type KeySourceNotice,
} from './key-source.ts';
import { LookedUpKeys } from './looked-up-keys.ts';
import { noRevokedKeys, parseRevokedKeys } from './revoked-keys.ts';
import { SignInPolicy } from './sign-in-policy.ts';
import { WatchedFile } from './watched-file.ts';

export interface SignInContext {
  readonly log: Logger;
  readonly limits: Limits;
  readonly metrics: Pick<GatewayMetrics, 'accountPartlyIgnored'>;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
}

/**
 * Builds the sign-in policy from the configuration. @throws {StartError} in one line, when a
 * configured file or key is missing
 */
export async function openSignIn(
  ssh: Config['ssh'],
  context: SignInContext,
): Promise<SignInPolicy> {
  const { limits } = context;
  const authorities = await listIn(
    'ssh.user_ca_keys',
    ssh.userAuthorities,
    [],
    [
      limits.authorizedKeysBytesMax,
      (contents) => parseKeyLines(contents, ssh.userAuthorities ?? undefined),
    ],
  );
  const revoked = await listIn('ssh.revoked_keys', ssh.revokedKeys, noRevokedKeys, [
    limits.revokedKeysBytesMax,
    parseRevokedKeys,
  ]);
  return new SignInPolicy({
    keys: keySource(ssh, context),
    authorities,
    revoked,
    wallClock: Date.now,
  });
}

/** A list in a file. Read once now to prove that it can be, and again whenever it changes. */
async function listIn<T>(
  key: string,
  path: string | null,
  none: T,
  [bytesMax, parse]: [bytesMax: number, parse: (contents: Buffer) => T],
): Promise<() => Promise<T>> {
  if (path === null) return () => Promise.resolve(none);
  const file = new WatchedFile(path, bytesMax, parse);
  const read = async (): Promise<T> => (await file.read()) ?? missing();
  try {
    await read();
  } catch (error) {
    throw new StartError(`${key} ${path} cannot be used: ${reasonOf(error)}`, { cause: error });
  }
  // Without the list the gateway cannot tell which keys are on it.
  return () =>
    read().catch((error: unknown) => {
      throw new KeysUnavailableError(`${key} ${path}: ${reasonOf(error)}`, { cause: error });
    });
}

function missing(): never {
  throw new Error('there is no such file');
}

function keySource(
  { usersDirectory, keyLookup }: Config['ssh'],
  { log, limits, metrics, now }: SignInContext,
): KeySource {
  const notice = ({ about, source, line, reason }: KeySourceNotice): void => {
    log.warn(
      { source, line, reason },
      about === 'keys' ? 'authorized keys partly ignored' : 'teams partly ignored',
    );
    metrics.accountPartlyIgnored(about);
  };
  const {
    authorizedKeysBytesMax: bytesMax,
    cachedUsersMax: usersMax,
    teamsPerUserMax: teamsMax,
  } = limits;
  if (keyLookup.source === 'files')
    return new FileKeys({
      directory: usersDirectory,
      fileBytesMax: bytesMax,
      usersMax,
      teamsMax,
      notice,
    });
  const { keyLookupFailuresMax: failuresMax, keyLookupOpenMs: openMs } = limits;
  return new LookedUpKeys({
    name: keyLookup.source,
    fetchAccount:
      keyLookup.source === 'http'
        ? httpLookup(keyLookup, bytesMax)
        : commandLookup(keyLookup, bytesMax),
    breaker: new CircuitBreaker({ failuresMax, openMs, now }),
    freshMs: keyLookup.cacheS * 1000,
    staleMs: (keyLookup.cacheS + keyLookup.outageS) * 1000,
    lookupsMax: limits.keyLookupsMax,
    usersMax,
    teamsMax,
    now,
    notice,
  });
}

type Lookup = (user: string) => Promise<AccountText>;

function httpLookup(
  { url, tokenFile, timeoutS }: Config['ssh']['keyLookup'],
  answerBytesMax: number,
): Lookup {
  if (url === null)
    throw new StartError('ssh.key_lookup is "http": set ssh.key_lookup_url in hatchery.toml');
  const token = tokenFile === null ? null : readToken(tokenFile);
  return (user) => fetchAccount(user, { url, token, timeoutMs: timeoutS * 1000, answerBytesMax });
}

function commandLookup(
  { command, teamsCommand, timeoutS }: Config['ssh']['keyLookup'],
  answerBytesMax: number,
): Lookup {
  if (command === null)
    throw new StartError(
      'ssh.key_lookup is "command": set ssh.key_lookup_command in hatchery.toml',
    );
  proveRunnable('ssh.key_lookup_command', command);
  if (teamsCommand !== null) proveRunnable('ssh.team_lookup_command', teamsCommand);
  const ask = (user: string, words: readonly string[]): Promise<Buffer> =>
    runForLines(user, { command: words, timeoutMs: timeoutS * 1000, answerBytesMax });
  return async (user) => {
    const [keys, teams] = await Promise.all([
      ask(user, command),
      teamsCommand === null ? '' : ask(user, teamsCommand),
    ]);
    return { keys, teams: teams.toString() };
  };
}

function proveRunnable(key: string, [program = '']: readonly string[]): void {
  try {
    proveSafeProgram(program);
  } catch (error) {
    throw new StartError(`${key} ${program} cannot be run (${reasonOf(error)})`, { cause: error });
  }
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new StartError(`ssh.key_lookup_token_file ${path} cannot be read (${reasonOf(error)})`, {
      cause: error,
    });
  }
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new StartError(`ssh.key_lookup_token_file ${path} holds no token in one line`);
  return token;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
