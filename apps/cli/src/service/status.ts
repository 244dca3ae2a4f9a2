// Long: the whole report of one command, a small function for each row of it.
import { currentHalt, describeHalt, readPartRecord, type PartRecord } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import { NoAnswerError } from '@hatchery/event-feed';
import type { Confinement } from '@hatchery/daemon';
import { visible } from '@hatchery/display';
import {
  describeLeftovers,
  type Child,
  type LeftoverSum,
  type Lock,
  type ZygoteHealth,
} from '@hatchery/events';
import { exitDone, exitFailed, expectWords, type Command } from '../command.ts';
import { describeOldPart, findOldParts, type OldPart } from './old-parts.ts';
import { partPrograms } from './part.ts';
import { gatewayState, type GatewayState } from './running-gateway.ts';
import { hiddenRecords } from './records.ts';
import {
  NotRunningError,
  serviceLoad,
  serviceState,
  type ServiceState,
} from './running-service.ts';
import { readService } from './service-process.ts';
import { table } from '../terminal/table.ts';
import { namesOf, unsupervisedParts } from './unsupervised.ts';
import { describeTrouble } from './zygote-trouble.ts';

/** One process of the service. */
export interface PartStatus {
  readonly name: string;
  readonly pid: number | null;
  /**
   * `draining` is ready for what runs, and takes nothing new; `off` is not wanted by the
   * configuration; `stopped` is what somebody has asked to stop, until `hatchery start`; `failing`
   * is what has failed and is started again at `nextTryAt`; `unknown` is what nobody can tell
   * because the part that knows gives no answer, or because the records are not for whoever asks.
   */
  readonly state:
    | 'ready'
    | 'draining'
    | 'starting'
    | 'failed'
    | 'failing'
    | 'stopped'
    | 'down'
    | 'off'
    | 'unknown';
  readonly readySince: string | null;
  readonly lastError: string | null;
  /** RFC 3339, of one that fails; else null. */
  readonly nextTryAt: string | null;
}

/** What `status --json` prints. */
export interface Status {
  readonly parts: readonly PartStatus[];
  /** What a restart has replaced and still waits for. */
  readonly oldParts: readonly OldPart[];
  /**
   * Null when nobody can tell: the fork service gives no answer, and sessions may run all the same.
   */
  readonly children: readonly Child[] | null;
  readonly locks: readonly Lock[] | null;
  readonly draining: boolean;
  readonly readOnly: ServiceState['readOnly'];
  /**
   * When an operator's drain disconnects whoever is still there, RFC 3339; null unless there is
   * one.
   */
  readonly drainDeadline: string | null;
  /**
   * Whose user sessions run as, and what they are not held in by; null while the fork service does
   * not tell.
   */
  readonly confinement: Confinement | null;
  /**
   * What killed sessions left in the hosting root, as of the last look; null before the first, or
   * while the fork service does not tell.
   */
  readonly leftovers: LeftoverSum | null;
  readonly version: string | null;
}

const wellStates: ReadonlySet<PartStatus['state']> = new Set(['ready', 'draining', 'off']);

export const status: Command = {
  name: 'status',
  synopsis: '[--json]',
  summary: 'show what runs, and what a restart still waits for; exit code 1 when a part is down',
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const found = withHints(await findStatus(invocation.config), invocation.hint);
    invocation.print(
      invocation.options['json'] === true ? `${JSON.stringify(found)}\n` : describeStatus(found),
    );
    const left = unsupervisedParts(invocation.config);
    if (left.length > 0)
      invocation.say(
        `status: no supervisor runs for ${namesOf(left)}; hatchery start replaces them`,
      );
    return found.parts.every(({ state }) => wellStates.has(state)) ? exitDone : exitFailed;
  },
};

/** What is to be done is said for whoever asks. */
function withHints(found: Status, hint: (text: string) => string): Status {
  const parts = found.parts.map((part) => ({
    ...part,
    lastError: part.lastError === null ? null : hint(part.lastError),
  }));
  return { ...found, parts };
}

async function findStatus(config: Config): Promise<Status> {
  const [forkerRecord, ...records] = Object.keys(partPrograms).map(
    (name) => [name, readPartRecord(config, name)] as const,
  );
  const [service, gateway, oldParts, load] = await Promise.all([
    serviceState(config).catch((error: unknown) => error as Error),
    gatewayState(config).catch((error: unknown) => error as Error),
    findOldParts(config),
    serviceLoad(config),
  ]);
  const answered = service instanceof Error ? null : service;
  const door = gateway instanceof Error ? null : gateway;
  const parts = [
    ...(forkerRecord === undefined ? [] : [forkerStatus(config, ...forkerRecord, service)]),
    ...(service instanceof Error ? untoldParts(service) : forkingParts(service)),
    ...records.map(([name, record]) =>
      name === 'ssh-gateway'
        ? gatewayStatus(config, record, gateway)
        : partStatus(config, name, record),
    ),
  ];
  const children = answered === null ? null : Object.values(answered.view.children);
  const locks = answered === null ? null : Object.values(answered.view.locks);
  return {
    parts,
    oldParts,
    children,
    locks,
    draining: (answered?.view.draining ?? false) || door?.state === 'draining',
    drainDeadline: answered?.view.drainDeadline ?? door?.drainDeadline ?? null,
    readOnly: answered?.readOnly ?? null,
    confinement: answered?.confinement ?? null,
    leftovers: load?.leftovers ?? null,
    version: answered?.version ?? null,
  };
}

function partStatus(config: Config, name: string, record: PartRecord | null): PartStatus {
  if (record === null) return absentPart(config, name);
  const { pid, readySince } = record;
  return { ...down(name), pid, state: 'ready', readySince, ...stopUnderWay(config, name) };
}

/** Of one that has been asked to stop, and finishes what runs. */
function stopUnderWay(
  config: Config,
  name: string,
): Pick<PartStatus, 'state' | 'lastError'> | null {
  const halt = readService(config) === null ? null : currentHalt(config, name);
  return halt === null ? null : { state: 'draining', lastError: `being ${describeHalt(halt)}` };
}

/** One of which no living process is on record. */
function absentPart(config: Config, name: string): PartStatus {
  const hidden = hiddenRecords(config);
  if (hidden !== null) return unknown(name, hidden);
  const halt = readService(config) === null ? null : currentHalt(config, name);
  if (halt === null) return down(name);
  return {
    ...down(name),
    state: halt.state,
    lastError: describeHalt(halt),
    nextTryAt: halt.nextTryAt,
  };
}

/** One that runs and does not answer is not ready, whatever it said when it was. */
function forkerStatus(
  config: Config,
  name: string,
  record: PartRecord | null,
  service: ServiceState | Error,
): PartStatus {
  const found = partStatus(config, name, record);
  if (record === null || !(service instanceof Error)) return found;
  return {
    ...found,
    state: 'failed',
    lastError: isSilent(service) ? silentForker(record.pid) : service.message,
  };
}

function gatewayStatus(
  config: Config,
  record: PartRecord | null,
  gateway: GatewayState | Error,
): PartStatus {
  const found = partStatus(config, 'ssh-gateway', record);
  if (record === null) return found;
  if (gateway instanceof Error) return { ...found, state: 'failed', lastError: gateway.message };
  return gateway.state === 'open' ? found : { ...found, state: 'draining' };
}

/** Keeper and zygote, as the fork service knows them. */
function forkingParts({ keeper, zygote }: ServiceState): PartStatus[] {
  if (keeper.pid === null) return [down('keeper'), down('zygote')];
  const { pid, readySince, trouble } = keeper;
  const state = trouble === null ? 'ready' : 'failed';
  return [
    { ...down('keeper'), pid, state, readySince, lastError: trouble },
    trouble !== null ? unknown('zygote', 'the keeper gives no answer') : zygoteStatus(zygote),
  ];
}

/** They may well run: only of a fork service that is not there nobody expects it. */
function untoldParts(error: Error): PartStatus[] {
  if (error instanceof NotRunningError) return [down('keeper'), down('zygote')];
  return ['keeper', 'zygote'].map((name) => unknown(name, 'the fork service gives no answer'));
}

function isSilent({ cause }: Error): boolean {
  return cause instanceof NoAnswerError;
}

/** What is lost with a killed forker is nothing: the next one finds the keeper, which remembers. */
function silentForker(pid: number): string {
  return `it gives no answer; sessions go on; kill -CONT ${pid} wakes one that was stopped; else kill -KILL ${pid}, and the next one takes over`;
}

/** One that serves is ready, whatever became of a newer one; what did is told beside it. */
function zygoteStatus(health: ZygoteHealth): PartStatus {
  const { pid, readySince, isOff, trouble } = health;
  const without = trouble !== null ? 'failed' : isOff ? 'off' : 'starting';
  const state = pid === null ? without : 'ready';
  const nextTryAt = trouble?.nextTryAt ?? null;
  return { name: 'zygote', pid, state, readySince, lastError: describeTrouble(health), nextTryAt };
}

function unknown(name: string, lastError: string): PartStatus {
  return { ...down(name), state: 'unknown', lastError };
}

function down(name: string): PartStatus {
  return { name, pid: null, state: 'down', readySince: null, lastError: null, nextTryAt: null };
}

/** A table of the parts, a line about the sessions, and one about each old part. */
export function describeStatus(status: Status): string {
  const { parts, oldParts, children, draining, drainDeadline, readOnly, confinement, leftovers } =
    status;
  const rows = parts.map(({ name, pid, state, readySince, lastError }) => [
    name,
    state,
    pid === null ? '-' : String(pid),
    readySince ?? '-',
    lastError ?? '',
  ]);
  const until =
    drainDeadline === null
      ? ''
      : `; clients that are still there at ${drainDeadline} are disconnected`;
  const count =
    children === null
      ? 'sessions: not known, since the fork service gives no answer'
      : `${children.length} session${children.length === 1 ? '' : 's'}`;
  const sessions = `${count}${draining ? `, draining${until}` : ''}\n`;
  const old = oldParts.map((part) => `${describeOldPart(part)}\n`).join('');
  const lacks = (confinement?.lacks ?? [])
    .map((lack) => `sessions lack ${visible(lack)}\n`)
    .join('');
  const notes = `${old}${describeReadOnly(readOnly)}${lacks}${describeLeft(leftovers)}`;
  return table(['PART', 'STATE', 'PID', 'READY SINCE', ''], rows) + sessions + notes;
}

function describeReadOnly(state: Status['readOnly']): string {
  return state === null
    ? ''
    : visible(`read-only since ${state.since || '?'}, by ${state.actor}: ${state.reason}`) + '\n';
}

/** Where nothing is left behind there is nothing to say. */
function describeLeft(leftovers: Status['leftovers']): string {
  return (leftovers?.count ?? 0) === 0
    ? ''
    : visible(`left by killed sessions: ${describeLeftovers(leftovers)}`) + '\n';
}
