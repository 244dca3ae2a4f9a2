import { readFileSync, statSync } from 'node:fs';
import type { Config } from '@hatchery/config';
import { proveSafeProgram } from '@hatchery/daemon';
import type { Check } from './check.ts';

/** No real user: only whether there is an answer matters. */
const probeUser = 'hatchery-doctor';

/**
 * The source of users' keys, when that is not the directory of users; and the addresses whose PROXY
 * headers are trusted.
 */
export async function checkKeyLookup({ ssh }: Config): Promise<Check[]> {
  return [...(await checkSource(ssh.keyLookup)), ...checkBalancers(ssh)];
}

async function checkSource(lookup: Config['ssh']['keyLookup']): Promise<Check[]> {
  if (lookup.source === 'files') return [];
  if (lookup.source === 'command') {
    const { command, teamsCommand } = lookup;
    return [
      commandCheck('key', command),
      ...(teamsCommand === null ? [] : [commandCheck('team', teamsCommand)]),
    ];
  }
  const { url, tokenFile } = lookup;
  if (url === null)
    return [{ what: 'ssh.key_lookup "http"', trouble: 'set key_lookup_url under [ssh]' }];
  const token =
    tokenFile === null
      ? []
      : [{ what: `key look-up token ${tokenFile}`, trouble: tokenTrouble(tokenFile) }];
  if (token.some(({ trouble }) => trouble !== null)) return token;
  return [...token, { what: `key look-up ${url}`, trouble: await answerTrouble(url, lookup) }];
}

function commandCheck(kind: 'key' | 'team', command: readonly string[] | null): Check {
  if (command === null)
    return { what: 'ssh.key_lookup "command"', trouble: 'set key_lookup_command under [ssh]' };
  const [program = ''] = command;
  const what = `${kind} look-up ${program}`;
  try {
    proveSafeProgram(program);
    return { what, trouble: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined)
      return { what, trouble: `it cannot be run (${code}); install it, or chmod +x it` };
    return {
      what,
      trouble: `${message}, who could so let in whom they like; chmod go-w, or chown it to root`,
    };
  }
}

function tokenTrouble(path: string): string | null {
  try {
    if (!/^\s*[\x21-\x7e]+\s*$/.test(readFileSync(path, 'utf8')))
      return 'it holds no token in one line; write it anew';
    return (statSync(path).mode & 0o077) === 0 ? null : `others can read it; chmod 600 ${path}`;
  } catch (error) {
    return `it cannot be read (${(error as NodeJS.ErrnoException).code}); put it there for the user of the service`;
  }
}

async function answerTrouble(
  url: string,
  { tokenFile, timeoutS }: Config['ssh']['keyLookup'],
): Promise<string | null> {
  const token = tokenFile === null ? null : readFileSync(tokenFile, 'utf8').trim();
  try {
    const { status } = await fetch(url.replaceAll('{user}', probeUser), {
      headers: {
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutS * 1000),
    });
    if (status === 200 || status === 404) return null;
    const isRefused = status === 401 || status === 403;
    return `it answered ${status}; ${isRefused ? 'see key_lookup_token_file' : 'its log says why'}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `it gives no answer (${cause instanceof Error ? cause.message : message}); see key_lookup_url under [ssh]`;
  }
}

/** A balancer missing from the list is refused, and with it all its clients. */
function checkBalancers({ proxyProtocol, proxyFrom }: Config['ssh']): Check[] {
  if (proxyProtocol === 'off') return [];
  const what = `balancers ${proxyFrom.join(', ') || '(none)'}`;
  const everybody = proxyFrom.filter((network) => /\/0$/.test(network));
  if (proxyFrom.length === 0)
    return [
      {
        what,
        trouble:
          'proxy_protocol is "require" and nobody may send the header; set proxy_from under [ssh]',
      },
    ];
  const trouble = `${everybody.join(', ')} lets anybody forge an address; name the balancers in proxy_from under [ssh]`;
  return [{ what, trouble: everybody.length === 0 ? null : trouble }];
}
