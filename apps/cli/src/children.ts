import type { Child } from '@hatchery/events';
import { exitDone, expectWords, type Command } from './command.ts';
import { serviceState } from './running-service.ts';
import { table } from './table.ts';

export const children: Command = {
  name: 'children',
  synopsis: '[--json]',
  summary: 'the sessions that run: who, what, for how long, at what cost',
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const { view } = await serviceState(invocation.config);
    const list = Object.values(view.children);
    if (invocation.options['json'] === true) process.stdout.write(`${JSON.stringify(list)}\n`);
    else process.stdout.write(list.length === 0 ? 'no session runs\n' : describe(list, new Date()));
    return exitDone;
  },
};

function describe(list: readonly Child[], now: Date): string {
  return table(
    ['ID', 'PID', 'STATE', 'USER', 'AGE', 'CPU %', 'PRIVATE', 'COMMAND'],
    list.map((child) => [
      child.id,
      String(child.pid),
      child.state,
      child.user ?? '-',
      `${Math.round((now.getTime() - Date.parse(child.startedAt)) / 1000)} s`,
      child.usage?.cpuPercent?.toFixed(1) ?? '-',
      megabytes(child.usage?.privateBytes ?? null),
      child.command,
    ]),
  );
}

function megabytes(bytes: number | null): string {
  return bytes === null ? '-' : `${(bytes / 1e6).toFixed(1)} MB`;
}
