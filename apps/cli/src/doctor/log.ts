import type { Config } from '@hatchery/config';
import { askPart } from '../service/running-service.ts';
import { supervisorSocketPath, type SupervisorState } from '../up/supervisor-socket.ts';
import type { Check } from './check.ts';

/** Whether the running service can write its log; nothing when none runs, or it does not answer. */
export async function checkLog(config: Config): Promise<Check[]> {
  const asked = askPart('supervisor', supervisorSocketPath(config), 'GET', '/v1/state').catch(
    () => null,
  );
  const state = (await asked) as SupervisorState | null;
  if (state === null) return [];
  const { problem, lostLines } = state.log;
  const lost = lostLines === 0 ? '' : ` (${lostLines} lines lost since its start)`;
  const mend = 'make room on its disk, or repair its reader; it continues by itself';
  return [
    {
      what: `log of the running service${lost}`,
      trouble: problem === null ? null : `it cannot be written: ${problem}; ${mend}`,
    },
  ];
}
