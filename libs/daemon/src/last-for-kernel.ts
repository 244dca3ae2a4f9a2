import { readFileSync, writeFileSync } from 'node:fs';

/**
 * As PostgreSQL advises for its postmaster: the kernel ends nearly everything else first, and still
 * not a process that has eaten the machine.
 */
const score = -900;

const file = '/proc/self/oom_score_adj';

/**
 * Makes this process one of the last that the kernel ends when memory is short (proc(5),
 * `oom_score_adj`), and with it what it starts; sessions are made its first choice by the keeper.
 * Only root may lower the score, and who may not keeps what a unit has given it
 * (`OOMScoreAdjust=`). False then.
 */
export function beLastForKernel(): boolean {
  try {
    if (Number(readFileSync(file, 'utf8')) > score) writeFileSync(file, `${score}`);
    return true;
  } catch (error) {
    if (
      ['EACCES', 'EPERM', 'ENOENT', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')
    )
      return false;
    throw error;
  }
}
