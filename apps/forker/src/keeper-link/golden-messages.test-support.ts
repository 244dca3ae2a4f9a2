import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A message as it must be, or one in which `wrong` cannot be; `''` there is the whole of it. `line`
 * stands for what is no message.
 */
export interface GoldenMessage {
  readonly message?: object;
  readonly line?: string;
  readonly wrong?: string;
}

/** The messages that the tests of Python read too (zygote/test_golden_messages.py). */
export function goldenMessages(name: 'events' | 'requests'): readonly GoldenMessage[] {
  const path = fileURLToPath(new URL(`../../golden-messages/${name}.jsonl`, import.meta.url));
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as GoldenMessage);
}
