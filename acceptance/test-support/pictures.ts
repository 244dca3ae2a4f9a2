import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';

const directory = fileURLToPath(new URL('../../docs/pictures', import.meta.url));

/** Taken on demand only, because no two are the same. */
export const takesPictures = process.env['HATCHERY_PICTURES'] === '1';

/** Saves the screen for the documents, as `docs/pictures/<name>.png`. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (!takesPictures) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
