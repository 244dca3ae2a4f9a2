import { age } from '@hatchery/display';
import type { Leftover } from '@hatchery/events';
import { exitDone, expectWords, type Command } from '../command.ts';
import { actor, askService } from '../service/running-service.ts';
import { table } from '../terminal/table.ts';

/** A large hosting root takes a while to be read. */
const answerMsMax = 120_000;

export const leftovers: Command = {
  name: 'leftovers',
  synopsis: '[--collect [--reason TEXT]] [--json]',
  summary: 'list what killed sessions left in the hosting root; the service collects it every hour',
  details: `--collect  collect now what no process uses, and list it
The command keeps leftovers that changed within the last two minutes (the service: within the last hour), that a running session may use,
or that a process has open.

hatchery leftovers             lists packs of killed pushes, and locks and branches that were not finished
hatchery leftovers --collect   frees disk space after a disk was full`,
  options: {
    json: { type: 'boolean' },
    collect: { type: 'boolean' },
    reason: { type: 'string', default: 'not said' },
  },
  async run(invocation) {
    expectWords(invocation);
    const { config, options, print } = invocation;
    const collects = options['collect'] === true;
    const wish = { actor: actor(invocation), reason: String(options['reason']) };
    const found = (await (collects
      ? askService(config, 'POST', '/v1/leftovers/collect', wish, answerMsMax)
      : askService(config, 'GET', '/v1/leftovers', undefined, answerMsMax))) as readonly Leftover[];
    if (options['json'] === true) print(`${JSON.stringify(found)}\n`);
    else if (found.length === 0)
      print(collects ? 'nothing to collect\n' : 'nothing is left behind\n');
    else print(describe(found, collects, Date.now()));
    return exitDone;
  },
};

function describe(found: readonly Leftover[], isCollected: boolean, nowMs: number): string {
  return table(
    ['SIZE', 'AGE', 'KIND', 'OWNER', 'BRANCH', isCollected ? 'DONE' : 'KEPT FOR'],
    found.map(({ bytes, changedAt, kind, owner, branch, keptFor }) => [
      `${Math.ceil(bytes / 1000)} kB`,
      age(Date.parse(changedAt), nowMs),
      kind,
      owner,
      branch,
      isCollected ? 'collected' : (keptFor ?? 'the next collection'),
    ]),
  );
}
