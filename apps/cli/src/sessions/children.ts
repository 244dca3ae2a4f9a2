import { age, size } from '@hatchery/display';
import type { Child } from '@hatchery/events';
import { exitDone, expectWords, type Command } from '../command.ts';
import { serviceState } from '../service/running-service.ts';
import { table } from '../terminal/table.ts';

export const children: Command = {
  name: 'children',
  synopsis: '[--json]',
  summary: 'list running sessions with their user, command, age, CPU use and memory',
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const { view } = await serviceState(invocation.config);
    const list = Object.values(view.children);
    if (invocation.options['json'] === true) invocation.print(`${JSON.stringify(list)}\n`);
    else
      invocation.print(
        list.length === 0 ? 'no session runs\n' : describeChildren(list, Date.now()),
      );
    return exitDone;
  },
};

/** A table, one child a row. `nowMs` as Date.now() gives it. */
export function describeChildren(list: readonly Child[], nowMs: number): string {
  return table(
    ['ID', 'PID', 'STATE', 'USER', 'AGE', 'CPU %', 'PRIVATE', 'COMMAND'],
    list.map((child) => [
      child.id,
      String(child.pid),
      child.state,
      child.user ?? '-',
      age(Date.parse(child.startedAt), nowMs),
      child.usage?.cpuPercent?.toFixed(1) ?? '-',
      shownSize(child.usage?.privateBytes),
      child.command,
    ]),
  );
}

function shownSize(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? '-' : size(bytes);
}
