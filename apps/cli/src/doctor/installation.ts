import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemPython, type Config } from '@hatchery/config';
import { checkoutDirectory, findPreloadLists, processStartTime } from '@hatchery/daemon';
import { examinationMsMax } from '../limits.ts';
import type { Check } from './check.ts';
import { unwritable } from './places.ts';

/**
 * A zygote imports these first. Without its compiled helpers Breezy is slow, but reports nothing.
 */
const askBreezy = `
import breezy, breezy.osutils, breezy.bzr.smart.server
if breezy.osutils._extension_load_failures: raise SystemExit("compiled helpers do not load: " + "; ".join(breezy.osutils._extension_load_failures))
print(breezy.__version__)`;

/** The programs that a service runs, and the Debian packages that contain them. */
const programs = [
  ['brz', 'brz'],
  ['ssh-keygen', 'openssh-client'],
  ['ssh', 'openssh-client'],
] as const;

/** Everything that is installed or built, as opposed to configured. */
export function checkInstallation(
  config: Config,
  environment: Readonly<NodeJS.ProcessEnv>,
): Check[] {
  const breezy = findBreezy();
  const { version } = breezy;
  return [
    checkNode(process.version),
    {
      what: '/proc',
      trouble:
        processStartTime(process.pid) === null ? 'mount it: processes are named by it' : null,
    },
    ...programs.map(([program, debianPackage]) => ({
      what: `program ${program}`,
      trouble: isOnPath(program, environment['PATH'] ?? '')
        ? null
        : `apt-get install ${debianPackage}`,
    })),
    { what: version === null ? 'Breezy' : `Breezy ${version}`, trouble: breezy.trouble },
    checkPreloadList(config),
    checkNativeCrypto(
      join(checkoutDirectory, 'node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node'),
    ),
    {
      what: 'built page',
      trouble: existsSync(join(checkoutDirectory, 'apps/dashboard/web/dist/index.html'))
        ? null
        : 'it is missing; ./hatchery builds it',
    },
  ];
}

/** `version` in the format of process.version. */
export function checkNode(version: string): Check {
  const major = Number(version.replace(/^v/, '').split('.')[0]);
  return {
    what: `Node ${version}`,
    trouble: major >= 24 ? null : 'start it with ./hatchery, which brings Node 24',
  };
}

/**
 * A start records a new list when none matches, so only the lack of a place to write it can be a
 * trouble.
 */
function checkPreloadList({ stateDirectory }: Config): Check {
  const what = 'list of modules to preload';
  try {
    const { fitting, any, places } = findPreloadLists(stateDirectory);
    if (fitting !== null) return { what: `${what} ${fitting}`, trouble: null };
    const reasons = places.map((path) => unwritable(dirname(path)));
    const age =
      any === null ? 'there is none yet' : `${any} is for another Breezy or other code of Hatchery`;
    if (reasons.includes(null))
      return { what: `${what} (${age}; the next start records one)`, trouble: null };
    return { what, trouble: `${age}, and none can be recorded: ${reasons.join('; ')}` };
  } catch (error) {
    return { what, trouble: (error as Error).message };
  }
}

/** Loaded in a separate process: an add-on for another Node may crash its process. */
export function checkNativeCrypto(path: string): Check {
  const what = "ssh2's native ciphers";
  try {
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', path], {
      stdio: 'pipe',
      timeout: examinationMsMax,
    });
    return { what, trouble: null };
  } catch {
    return {
      what,
      trouble: `not built for Node ${process.version}; remove node_modules and run ./hatchery`,
    };
  }
}

function findBreezy(): { version: string | null; trouble: string | null } {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe', timeout: examinationMsMax } as const;
    return {
      version: execFileSync(systemPython, ['-E', '-s', '-c', askBreezy], options).trim(),
      trouble: null,
    };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const reason = (stderr ?? '').trim().split('\n').at(-1) || message.split('\n', 1).join();
    return { version: null, trouble: `apt-get install --reinstall brz python3-breezy (${reason})` };
  }
}

function isOnPath(program: string, path: string): boolean {
  return path.split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
