import type { Config } from '@hatchery/config';

/**
 * Whether one more connection may begin to sign in, while `unauthenticated` others do. Between
 * `start` and `full` a growing share is dropped at random, so that a flood cannot shut everybody
 * out. Source: sshd_config(5) MaxStartups, `should_drop_connection` in sshd.c. `random` is in [0,
 * 1).
 */
export function admitsStartup(
  unauthenticated: number,
  max: Config['ssh']['startupsMax'],
  random: number,
): boolean {
  if (unauthenticated < max.start) return true;
  if (unauthenticated >= max.full || max.ratePercent >= 100) return false;
  const share = (unauthenticated - max.start) / (max.full - max.start);
  const dropPercent = max.ratePercent + (100 - max.ratePercent) * share;
  return random * 100 >= dropPercent;
}
