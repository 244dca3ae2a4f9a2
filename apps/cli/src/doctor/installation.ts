import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutDirectory, processStartTime } from '@hatchery/daemon';
import { examinationMsMax } from '../limits.ts';
import type { Check } from './check.ts';

/** Breezy belongs to Debian's Python, whichever python3 comes first on PATH. */
const systemPython = '/usr/bin/python3';

/** Importing them is what a zygote does first; without its compiled helpers Breezy is slow and says nothing. */
const askBreezy = `
import breezy, breezy.osutils, breezy.bzr.smart.server
if breezy.osutils._extension_load_failures: raise SystemExit("compiled helpers do not load: " + "; ".join(breezy.osutils._extension_load_failures))
print(breezy.__version__)`;

/** The programs a service runs, and the Debian packages that hold them. */
const programs = [
  ['brz', 'brz'],
  ['ssh-keygen', 'openssh-client'],
  ['ssh', 'openssh-client'],
] as const;

/** Everything that is installed or built, as opposed to configured. */
export function checkInstallation(environment: Readonly<NodeJS.ProcessEnv>): Check[] {
  const breezy = findBreezy();
  const { version } = breezy;
  return [
    checkNode(process.version),
    { what: '/proc', trouble: processStartTime(process.pid) === null ? 'mount it: processes are named by it' : null },
    ...programs.map(([program, debianPackage]) => ({
      what: `program ${program}`,
      trouble: isOnPath(program, environment['PATH'] ?? '') ? null : `apt-get install ${debianPackage}`,
    })),
    { what: version === null ? 'Breezy' : `Breezy ${version}`, trouble: breezy.trouble },
    checkManifest(join(checkoutDirectory, 'apps/forker/dist/preload.json'), version),
    checkNativeCrypto(join(checkoutDirectory, 'node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node')),
    {
      what: 'built page',
      trouble: existsSync(join(checkoutDirectory, 'apps/dashboard/web/dist/index.html'))
        ? null
        : 'it is missing; ./hatchery builds it',
    },
  ];
}

/** `version` as process.version. */
export function checkNode(version: string): Check {
  const major = Number(version.replace(/^v/, '').split('.')[0]);
  return { what: `Node ${version}`, trouble: major >= 24 ? null : 'start it with ./hatchery, which brings Node 24' };
}

/** `version` is the installed Breezy's, null when there is none to compare with. */
export function checkManifest(path: string, version: string | null): Check {
  const what = `list of modules to preload ${path}`;
  let recorded: { breezy?: unknown; modules?: unknown };
  try {
    recorded = JSON.parse(readFileSync(path, 'utf8')) as typeof recorded;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { what, trouble: `it is ${missing ? 'missing' : 'damaged'}; remove it and run ./hatchery, which makes it` };
  }
  if (!Array.isArray(recorded.modules) || recorded.modules.length === 0)
    return { what, trouble: 'it is damaged; remove it and run ./hatchery, which makes it' };
  if (version !== null && recorded.breezy !== version)
    return {
      what,
      trouble: `made for Breezy ${String(recorded.breezy)}, not ${version}; remove it and run ./hatchery, which makes it`,
    };
  return { what, trouble: null };
}

/** Loaded in a process of its own: an add-on for another Node may take its process down. */
export function checkNativeCrypto(path: string): Check {
  const what = "ssh2's native ciphers";
  try {
    execFileSync(process.execPath, ['-e', 'require(process.argv[1])', path], {
      stdio: 'pipe',
      timeout: examinationMsMax,
    });
    return { what, trouble: null };
  } catch {
    return { what, trouble: `not built for Node ${process.version}; remove node_modules and run ./hatchery` };
  }
}

function findBreezy(): { version: string | null; trouble: string | null } {
  try {
    const options = { encoding: 'utf8', stdio: 'pipe', timeout: examinationMsMax } as const;
    return { version: execFileSync(systemPython, ['-E', '-s', '-c', askBreezy], options).trim(), trouble: null };
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
