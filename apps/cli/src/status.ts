import { readPartRecord, type PartRecord } from '@hatchery/daemon';
import type { Config } from '@hatchery/config';
import type { Child, Lock } from '@hatchery/events';
import { exitDone, exitFailed, expectWords, type Command } from './command.ts';
import { partPrograms } from './part.ts';
import { serviceState, type ServiceState } from './running-service.ts';
import { table } from './table.ts';

/** One process of the service. */
interface PartStatus {
  readonly name: string;
  readonly pid: number | null;
  readonly state: 'ready' | 'starting' | 'failed' | 'down';
  readonly readySince: string | null;
  readonly lastError: string | null;
}

/** What `status --json` prints. */
interface Status {
  readonly parts: readonly PartStatus[];
  readonly children: readonly Child[];
  readonly locks: readonly Lock[];
  readonly draining: boolean;
  readonly version: string | null;
}

export const status: Command = {
  name: 'status',
  synopsis: '[--json]',
  summary: 'what runs; exit code 1 when a part is down',
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const found = await findStatus(invocation.config);
    process.stdout.write(invocation.options['json'] === true ? `${JSON.stringify(found)}\n` : describe(found));
    return found.parts.every((part) => part.state === 'ready') ? exitDone : exitFailed;
  },
};

async function findStatus(config: Config): Promise<Status> {
  const records = Object.keys(partPrograms).map((name) => partStatus(name, readPartRecord(config, name)));
  const service = await serviceState(config).catch(() => null);
  const [forker, ...others] = records;
  const parts = [...(forker === undefined ? [] : [forker]), ...forkingParts(service), ...others];
  const children = Object.values(service?.view.children ?? {});
  const locks = Object.values(service?.view.locks ?? {});
  return { parts, children, locks, draining: service?.view.draining ?? false, version: service?.version ?? null };
}

function partStatus(name: string, record: PartRecord | null): PartStatus {
  if (record === null) return down(name);
  return { name, pid: record.pid, state: 'ready', readySince: record.readySince, lastError: null };
}

/** Keeper and zygote, as the fork service knows them. */
function forkingParts(service: ServiceState | null): PartStatus[] {
  if (service === null) return [down('keeper'), down('zygote')];
  const { keeper, view } = service;
  const { zygote } = view;
  return [
    keeper.pid === null ? down('keeper') : { ...down('keeper'), pid: keeper.pid, state: 'ready' },
    {
      ...down('zygote'),
      state: zygote.state,
      pid: zygote.state === 'ready' ? zygote.pid : null,
      lastError: zygote.state === 'failed' ? `${zygote.step}: ${zygote.message}` : null,
    },
  ];
}

function down(name: string): PartStatus {
  return { name, pid: null, state: 'down', readySince: null, lastError: null };
}

function describe({ parts, children, draining }: Status): string {
  const rows = parts.map(({ name, pid, state, readySince, lastError }) => [
    name,
    state,
    pid === null ? '-' : String(pid),
    readySince ?? '-',
    lastError ?? '',
  ]);
  const sessions = `${children.length} session${children.length === 1 ? '' : 's'}${draining ? ', draining' : ''}\n`;
  return table(['PART', 'STATE', 'PID', 'READY SINCE', ''], rows) + sessions;
}
