import assert from 'node:assert/strict';
import {
  chmodSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { codeBlocks, type CodeBlock } from '@hatchery/testkit';
import { connection, launchBrowser, openPage } from '@hatchery/testkit/browser';
import { hatcheryScript } from '../test-support/instance.ts';
import { Nginx } from '../test-support/nginx.ts';
import { assertDone } from '../test-support/outcome.ts';
import { run } from '../test-support/run.ts';

const checkout = dirname(hatcheryScript);
const documents = [
  '*.md',
  'docs/*.md',
  'docs/reference/*.md',
  'bench/*.md',
  'examples/*/*.md',
  'apps/*/README.md',
];
const blocks = globSync(documents, { cwd: checkout }).flatMap((path) =>
  codeBlocks(path, readFileSync(join(checkout, path), 'utf8')),
);

function blocksOf(language: string, use: 'run' | 'read' | 'any' = 'any'): CodeBlock[] {
  const isOf = ({ words }: CodeBlock): boolean =>
    words[0] === language && (use === 'any' || words.includes('run') === (use === 'run'));
  return blocks.filter(isOf);
}

describe('the documents', () => {
  let directory: string;
  let config: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'hatchery-documents-'));
    // The proxy runs as a user of its own, who has to reach the socket.
    chmodSync(directory, 0o755);
    config = join(directory, 'hatchery.toml');
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Runs it as a reader types it: `./hatchery`, with the reader's own configuration. */
  async function shell(text: string): Promise<string> {
    const program = `#!/bin/sh\ncommand=$1\nshift\nexec '${hatcheryScript}' "$command" --config '${config}' "$@"\n`;
    writeFileSync(join(directory, 'hatchery'), program, { mode: 0o755 });
    const options = {
      cwd: directory,
      environment: { HOME: directory, PATH: `${directory}:${process.env['PATH'] ?? ''}` },
    };
    return assertDone(await run('sh', ['-eu', '-c', text], options));
  }

  it('have valid shell commands and settings', async () => {
    for (const { path, line, text } of blocksOf('sh'))
      assert.equal((await run('sh', ['-n'], { input: text })).stderr, '', `${path}:${line}`);
    writeFileSync(config, '');
    for (const { path, line, text } of blocksOf('toml')) {
      // Lines without a table belong to [dashboard], which their document describes.
      const whole = /^\s*\[/m.test(text.split('=')[0] ?? '') ? text : `[dashboard]\n${text}`;
      writeFileSync(config, whole);
      const { stdout, stderr } = await run(hatcheryScript, ['status', '--config', config], {
        environment: { HOME: directory },
      });
      // An example of a single key may lack another one, but nothing in it may be wrong.
      const wrong = stderr
        .split('\n')
        .filter((said) => said !== '' && !/ needs | has no meaning with /.test(said));
      assert.deepEqual(wrong, [], `${path}:${line}: ${stdout}`);
    }
  });

  it('have commands that do what they say, on a service that was just started', async () => {
    writeFileSync(
      config,
      `state_dir = "${directory}/state"\n[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\n`,
    );
    await shell('ssh-keygen -q -t ed25519 -N "" -f alice -C alice; ./hatchery start');
    try {
      const runnable = blocksOf('sh', 'run');
      assert.ok(runnable.length > 4, `${runnable.length} blocks`);
      for (const { path, line, text } of runnable)
        await shell(text).catch((error: Error) => assert.fail(`${path}:${line}: ${error.message}`));
    } finally {
      await shell('./hatchery stop --now');
    }
  });

  it('put the page behind a real nginx, at the root and below a path', async () => {
    const nginx = await Nginx.prepare(
      join(directory, 'nginx'),
      blocksOf('nginx'),
      join(directory, 'page.sock'),
    );
    const origins = JSON.stringify(nginx.addresses);
    mkdirSync(join(directory, 'state'), { recursive: true });
    writeFileSync(
      config,
      `state_dir = "${directory}/state"\n[ssh]\nlisten = "127.0.0.1:0"\n[dashboard]\nlisten = "127.0.0.1:0"\nauth = "proxy"\norigins = ${origins}\nproxy_socket = "${directory}/page.sock"\nadmins = ["anna"]\n`,
    );
    await shell('./hatchery start');
    chmodSync(join(directory, 'page.sock'), 0o666);
    const browser = await launchBrowser();
    try {
      await nginx.start();
      for (const address of nginx.addresses) {
        const { page, complaints } = await openPage(browser, `${address}/`, {
          httpCredentials: nginx.credentials,
        });
        await connection(page).getByText(/^LIVE/).waitFor();
        await page.getByRole('link', { name: 'History' }).click();
        assert.equal(new URL(page.url()).href.split('?')[0], `${address}/history`);
        await page.reload();
        await page.getByRole('heading', { name: 'History' }).waitFor();
        await page.goto(`${address}/children/none`);
        await connection(page).getByText(/^LIVE/).waitFor();
        assert.deepEqual(complaints, [], address);
        await page.context().close();
      }
    } finally {
      await browser.close();
      await nginx.stop();
      await shell('./hatchery stop --now');
    }
  });
});
