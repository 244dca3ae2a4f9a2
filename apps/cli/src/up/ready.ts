import type { Address, Config } from '@hatchery/config';
import type { Confinement } from '@hatchery/daemon';
import { quote } from '@hatchery/daemon';
import { demoSsh, demoUser, demoWorks, sampleBranch } from './first-use.ts';
import type { SupervisedPart } from './supervised-part.ts';

/** What `up --json` prints, one line. */
export interface Ready {
  readonly event: 'ready';
  readonly ssh: Address;
  /** The page's address. */
  readonly dashboard: string;
  readonly forkerSocket: string;
  readonly stateDir: string;
  /** Who sessions run as, and what they are not held in by. */
  readonly confinement: Confinement;
  /** Signs one browser in as admin, once. */
  readonly dashboardSignIn: string;
}

/** What `up` tells whoever started it: that it serves, or why it never will. */
export type StartOutcome = Ready | { readonly event: 'failed'; readonly message: string };

/** What the parts say of themselves. */
export function describeReady(config: Config, parts: readonly SupervisedPart[]): Ready {
  const [forker, gateway, dashboard] = (['forker', 'ssh-gateway', 'dashboard'] as const).map(
    (name) => parts.find((part) => part.name === name),
  );
  return {
    event: 'ready',
    ssh: gateway?.details['ssh'] as Address,
    dashboard: String(dashboard?.details['url']),
    forkerSocket: String(forker?.details['forkerSocket']),
    stateDir: config.stateDirectory,
    confinement: forker?.details['confinement'] as Confinement,
    dashboardSignIn: String(dashboard?.details['signInUrl']),
  };
}

/** In one line, for a log: nothing in it lets anybody in. */
export function describeAddresses({ ssh: { host, port }, dashboard }: Ready): string {
  return `hatchery is up: ssh on ${host.includes(':') ? `[${host}]` : host}:${port}, the page is ${dashboard}`;
}

/**
 * Where everything is, for a person, with lines that work when pasted: `words` point a command at
 * this instance.
 */
export function describePlaces(config: Config, ready: Ready, words: readonly string[]): string {
  const here = words.map((word) => ` ${quote(word)}`).join('');
  const { host, port } = ready.ssh;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const branch = demoWorks(config, ready.ssh)
    ? `BRZ_SSH=${quote(demoSsh(config))} brz branch bzr+ssh://${demoUser}@${place}/${sampleBranch}`
    : `brz branch bzr+ssh://NAME@${place}/~NAME/PROJECT/BRANCH`;
  return `
  The page          ${ready.dashboard}
  to act on it      ${ready.dashboardSignIn}
  another browser   ./hatchery sign-in${here}
  Branch from it    ${branch}
  Let others in     ./hatchery user add NAME --key NAME.pub${here}
${ready.confinement.user === null ? '' : `  Sessions run as   ${ready.confinement.user}\n`}
${ready.confinement.lacks.map((lack) => `Sessions lack ${lack}\n`).join('')}`;
}
