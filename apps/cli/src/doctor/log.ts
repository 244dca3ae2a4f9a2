import type { Config } from '@hatchery/config';
import { askPart } from '../service/running-service.ts';
import { supervisorSocketPath, type SupervisorState } from '../up/supervisor-socket.ts';
import type { Check } from './check.ts';

/**
 * Whether the log of the running service is written; nothing when none runs, or it cannot be asked.
 */
export async function checkLog(config: Config): Promise<Check[]> {
  const asked = askPart('supervisor', supervisorSocketPath(config), 'GET', '/v1/state').catch(
    () => null,
  );
  const state = (await asked) as SupervisorState | null;
  if (state === null) return [];
  const { problem, lostLines } = state.log;
  const lost = lostLines === 0 ? '' : ` (${lostLines} lines lost since its start)`;
  const mend = 'make room on its disk, or mend whoever reads it; it goes on by itself';
  return [
    {
      what: `log of the running service${lost}`,
      trouble: problem === null ? null : `it cannot be written: ${problem}; ${mend}`,
    },
  ];
}
