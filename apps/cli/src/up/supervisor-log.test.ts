import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { standardError } from '@hatchery/daemon';
import { passOn } from './pass-on.ts';
import { SupervisorLog } from './supervisor-log.ts';

let written = '';

beforeEach(() => {
  written = '';
  mock.method(standardError(), 'write', (text: string | Uint8Array) => {
    written += Buffer.from(text as string).toString();
  });
});

afterEach(() => mock.restoreAll());

/** What a log of a format has of what a part says. */
async function passed(format: 'json' | 'text', ...chunks: (string | Buffer)[]): Promise<string> {
  const said = new PassThrough();
  passOn('dashboard', said, new SupervisorLog(format), 1);
  for (const chunk of chunks) said.write(chunk);
  said.end();
  await once(said, 'end');
  return written;
}

const crash =
  '\n#\n# Fatal error in , line 0\n----- Native stack trace -----\n\n 1: 0xc4d7c0  [node]\n';
const own =
  '{"level":"info","time":"2026-01-01T00:00:00.000Z","part":"dashboard","msg":"listening"}\n';

describe('what a part says, in the log of its supervisor', () => {
  it('stays as it is in text', async () => {
    assert.equal(await passed('text', crash, own), crash + own);
  });

  it('is JSON in every line in JSON: a crash of Node, a half line at the end, bytes that are no text, and JSON that is no line of a log', async () => {
    const lines = (
      await passed('json', crash, own, '{"level":1}\n[1]\n', Buffer.from([0xff, 0x0a]), '{"half": ')
    )
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { level: string; part: string; msg: string });
    assert.deepEqual(
      lines.map(({ level, part, msg }) => [level, part, msg]),
      [
        ['warn', 'dashboard', '#'],
        ['warn', 'dashboard', '# Fatal error in , line 0'],
        ['warn', 'dashboard', '----- Native stack trace -----'],
        ['warn', 'dashboard', ' 1: 0xc4d7c0  [node]'],
        ['info', 'dashboard', 'listening'],
        ['warn', 'dashboard', '{"level":1}'],
        ['warn', 'dashboard', '[1]'],
        ['warn', 'dashboard', '\ufffd'],
        ['warn', 'dashboard', '{"half": '],
      ],
    );
  });

  it("has the supervisor's own lines, of whatever length and words", () => {
    const log = new SupervisorLog('json');
    log.say('two\nlines', 'fatal');
    log.format = 'text';
    log.say('one line');
    const [json = '', text] = written.split('\n');
    const { level, part, msg } = JSON.parse(json) as Record<string, unknown>;
    assert.deepEqual(
      [level, part, msg, text],
      ['fatal', 'supervisor', 'two\nlines', 'hatchery: one line'],
    );
  });
});
