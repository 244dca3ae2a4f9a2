import type { Config } from '@hatchery/config';
import { namesOf, unsupervisedParts } from '../unsupervised.ts';
import type { Check } from './check.ts';

/** Parts that a killed supervisor has left behind; nothing when there are none. */
export function checkSupervisor(config: Config): Check[] {
  const left = unsupervisedParts(config);
  if (left.length === 0) return [];
  const state = 'these parts run without a supervisor, take nothing new and end with their sessions';
  const remedy = 'hatchery start brings new ones up beside them, hatchery stop --now ends them and their sessions';
  return [{ what: namesOf(left), trouble: `${state}; ${remedy}` }];
}
