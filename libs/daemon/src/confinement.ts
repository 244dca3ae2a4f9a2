import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemPython } from '@hatchery/config';
import { checkoutDirectory } from './checkout.ts';
import type { SessionUser } from './session-account.ts';

/** What holds sessions in, on this machine and with this configuration. */
export interface Confinement {
  /** The user they run as; null: that of the service. */
  readonly user: string | null;
  /** What they could be held in by and are not, each in words that say what to do or why not. */
  readonly lacks: readonly string[];
}

const script = join(checkoutDirectory, 'apps/forker/zygote/restrictions.py');

/**
 * Asks the kernel, by way of the code that confines sessions. A Python that does not run is told as
 * a lack.
 */
export function confinementOf(
  { account, reason }: SessionUser,
  python: string = systemPython,
): Confinement {
  const own =
    account === null
      ? [`an account of their own, and run as the user of the service: ${reason}`]
      : [];
  return { user: account?.name ?? null, lacks: [...own, ...kernelLacks(python)] };
}

function kernelLacks(python: string): string[] {
  try {
    const words = execFileSync(python, ['-E', '-s', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(words) as string[];
  } catch (error) {
    return [
      `whatever ${script} would take from them: it does not run (${(error as Error).message.split('\n')[0]})`,
    ];
  }
}
