import type { Config } from '@hatchery/config';
import { currentHalt, describeHalt } from '@hatchery/daemon';
import { partPrograms } from '../service/part.ts';
import { hiddenRecords } from '../service/records.ts';
import { readService } from '../service/service-process.ts';
import { namesOf, unsupervisedParts } from '../service/unsupervised.ts';
import type { Check } from './check.ts';

/**
 * Parts left behind by a killed supervisor, and those that are stopped or fail; nothing when there
 * are none.
 */
export function checkSupervisor(config: Config): Check[] {
  const hidden = hiddenRecords(config);
  if (hidden !== null) return [{ what: 'what runs', trouble: hidden }];
  return [...checkHalts(config), ...checkLeft(config)];
}

function checkHalts(config: Config): Check[] {
  if (readService(config) === null) return [];
  const halts = Object.keys(partPrograms).flatMap((name) => currentHalt(config, name) ?? []);
  return halts.map((halt) => ({ what: halt.name, trouble: describeHalt(halt) }));
}

function checkLeft(config: Config): Check[] {
  const left = unsupervisedParts(config);
  if (left.length === 0) return [];
  const state =
    'these parts run without a supervisor, take nothing new and end with their sessions';
  const remedy =
    'hatchery start brings new ones up beside them, hatchery stop --now ends them and their sessions';
  return [{ what: namesOf(left), trouble: `${state}; ${remedy}` }];
}
