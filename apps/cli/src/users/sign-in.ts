import type { Config } from '@hatchery/config';
import { readPartRecord } from '@hatchery/daemon';
import {
  linkName,
  makeLinkToken,
  readLinkToken,
  readSignInKey,
  SignInKeyError,
  signInKeyPath,
  signInLinkMsMax,
} from '@hatchery/sign-in-links';
import { exitDone, expectWords, UsageError, type Command } from '../command.ts';
import { recorded } from '../sessions/recorded.ts';
import { NotRunningError } from '../service/running-service.ts';

const roles: readonly unknown[] = ['viewer', 'operator', 'admin'];

export const signIn: Command = {
  name: 'sign-in',
  synopsis: '[--role viewer|operator|admin] [--json]',
  summary: 'print a link that signs one browser in to the page, once; the default role is admin',
  options: { role: { type: 'string' }, json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const { role = 'admin', json } = invocation.options;
    if (!roles.includes(role))
      throw new UsageError(`--role is viewer, operator or admin, not '${String(role)}'`);
    const now = Date.now();
    const [page, key] = [pageOf(invocation.config), keyOf(invocation.config)];
    const token = makeLinkToken(key, String(role), now);
    const url = `${page}sign-in?token=${token}`;
    const link = readLinkToken(key, token);
    const target = `${link === null ? '' : `${linkName(link)} `}as ${String(role)}`;
    const action = { verb: 'sign-in link', target, reason: 'hatchery sign-in' };
    await recorded(invocation, action, () => url);
    const expiresAt = new Date(now + signInLinkMsMax).toISOString();
    if (json === true) invocation.print(`${JSON.stringify({ url, role, expiresAt })}\n`);
    else {
      invocation.print(`${url}\n`);
      invocation.say(`it signs one browser in as ${String(role)}, once, until ${expiresAt}`);
    }
    return exitDone;
  },
};

/** The address of the running page. @throws when none runs, or it uses another way to sign in */
function pageOf(config: Config): string {
  const record = readPartRecord(config, 'dashboard');
  if (record === null) {
    // An unreadable record looks like a missing one; the key tells the two apart.
    keyOf(config);
    throw new NotRunningError(`no dashboard runs with its sockets in ${config.runtimeDirectory}`);
  }
  const { url, signInUrl } = record.details;
  if (typeof url !== 'string' || url === signInUrl)
    throw new Error(
      `this dashboard signs people in by itself: open ${String(url)} ([dashboard] auth says how)`,
    );
  return url;
}

function keyOf(config: Config): Buffer {
  const path = signInKeyPath(config);
  try {
    return readSignInKey(path);
  } catch (error) {
    if (error instanceof SignInKeyError)
      throw new Error(
        `${error.message}; hatchery restart makes a new one, and earlier links worthless`,
        {
          cause: error,
        },
      );
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new Error(
        `${path} is not for this user; run it with sudo, or as the user that the service runs as`,
        {
          cause: error,
        },
      );
    if (code === 'ENOENT')
      throw new NotRunningError(`no dashboard has run on ${config.stateDirectory}`, {
        cause: error,
      });
    throw new Error(`${path} cannot be read: ${message}`, { cause: error });
  }
}
