import { fileURLToPath } from 'node:url';

/** The directory that holds `hatchery`, `apps` and `libs`. */
export const checkoutDirectory: string = fileURLToPath(
  new URL('../../..', import.meta.url),
).replace(/\/$/, '');
