import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutDirectory } from './checkout.ts';

/** The version of Hatchery, in the root's package.json. All parts have the same. */
export const version: string = (
  JSON.parse(readFileSync(join(checkoutDirectory, 'package.json'), 'utf8')) as { version: string }
).version;
