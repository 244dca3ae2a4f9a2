import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { CodeBlock } from '@hatchery/testkit';
import { assertDone } from './outcome.ts';
import { run, start, until, type Running } from './run.ts';

/** The name and password for the proxy. */
const credentials = { username: 'anna', password: 'secret' } as const;

/**
 * A real nginx with the blocks of a document, which sign people in by name and password: one server
 * per `location`.
 */
export class Nginx {
  readonly credentials = credentials;
  /** The page's addresses, without a slash at the end; in the order of the document. */
  readonly addresses: readonly string[];
  readonly #file: string;
  #running: Running | null = null;

  private constructor(file: string, addresses: readonly string[]) {
    this.#file = file;
    this.addresses = addresses;
  }

  /** `socket` replaces the one that the blocks name. */
  static async prepare(
    directory: string,
    blocks: readonly CodeBlock[],
    socket: string,
  ): Promise<Nginx> {
    mkdirSync(directory);
    const texts = blocks.map(({ text }) => text.replaceAll(/unix:[^:;\s]+/g, `unix:${socket}`));
    const locations = texts.filter((text) => text.startsWith('location '));
    const hash = assertDone(await run('openssl', ['passwd', '-6', credentials.password]));
    writeFileSync(join(directory, 'people'), `${credentials.username}:${hash.trim()}\n`);
    const ports = await Promise.all(locations.map(freePort));
    const servers = locations.map(
      (text, index) =>
        `server { listen 127.0.0.1:${ports[index]}; auth_basic "people"; auth_basic_user_file ${directory}/people;\n${text}}`,
    );
    const file = join(directory, 'nginx.conf');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${directory}/${name};`,
    );
    const http = [
      ...temporary,
      'access_log off;',
      ...texts.filter((text) => !locations.includes(text)),
      ...servers,
    ].join('\n');
    writeFileSync(
      file,
      `daemon off; user root; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;\nevents {}\nhttp {\n${http}\n}\n`,
    );
    const paths = locations.map((text) => /^location (\S*)\//.exec(text)?.[1] ?? '');
    return new Nginx(
      file,
      paths.map((path, index) => `http://127.0.0.1:${ports[index]}${path}`),
    );
  }

  async start(): Promise<void> {
    assertDone(await run('nginx', ['-t', '-q', '-c', this.#file]));
    this.#running = start('nginx', ['-c', this.#file]);
    await until('nginx', () =>
      fetch(this.addresses[0] ?? '').then(
        () => true,
        () => false,
      ),
    );
  }

  async stop(): Promise<void> {
    this.#running?.kill('SIGTERM');
    await this.#running?.outcome;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
