import { visible } from '@hatchery/display';
import { exitDone, exitFailed, expectWords, type Command, type Invocation } from '../command.ts';
import { checkAddresses } from './addresses.ts';
import { checkAlgorithms } from './algorithms.ts';
import type { Check } from './check.ts';
import { otherServiceUser, withoutHidden } from './hidden.ts';
import { checkInstallation } from './installation.ts';
import { checkKeyLookup } from './key-lookup.ts';
import { checkLeftovers } from './leftovers.ts';
import { checkLog } from './log.ts';
import { checkConfinement, checkLimits } from './machine.ts';
import { checkPlaces } from './places.ts';
import { checkSignInFiles } from './sign-in-files.ts';
import { checkSignIn } from './sign-in.ts';
import { checkSupervisor } from './supervisor.ts';
import { checkUsers } from './users.ts';
import { checkZygote } from './zygote.ts';

export const doctor: Command = {
  name: 'doctor',
  synopsis: '[--json]',
  summary: 'check everything that a start needs, and say how to repair it',
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    expectWords(invocation);
    const found = await examine(invocation);
    const checks = withoutHidden(found, otherServiceUser(invocation.config)).map((check) => ({
      ...check,
      trouble: check.trouble === null ? null : invocation.hint(check.trouble),
    }));
    const lines = checks.map(describe).join('');
    invocation.print(invocation.options['json'] === true ? `${JSON.stringify(checks)}\n` : lines);
    // A check may be unable to see what a start needs.
    return checks.every(({ trouble, unknown }) => trouble === null && unknown === undefined)
      ? exitDone
      : exitFailed;
  },
};

async function examine({ config, environment }: Invocation): Promise<Check[]> {
  return [
    ...checkInstallation(config, environment),
    ...checkPlaces(config),
    ...checkSignInFiles(config, new Date()),
    ...checkUsers(config),
    ...checkAlgorithms(config),
    ...(await checkKeyLookup(config)),
    ...(await checkAddresses(config)),
    ...(await checkSignIn(config)),
    ...checkLimits(config),
    checkConfinement(config),
    ...checkSupervisor(config),
    ...(await checkZygote(config)),
    ...(await checkLeftovers(config, Date.now())),
    ...(await checkLog(config)),
  ];
}

function describe({ what, trouble, unknown }: Check): string {
  if (unknown !== undefined) return `${visible(`unknown  ${what}: ${unknown}`)}\n`;
  return `${visible(trouble === null ? `ok       ${what}` : `TROUBLE  ${what}: ${trouble}`)}\n`;
}
