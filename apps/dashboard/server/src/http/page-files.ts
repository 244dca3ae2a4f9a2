import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { StartError } from '@hatchery/daemon';
import { pageBytesMax } from '../limits.ts';
import { safetyHeaders } from './answers.ts';
import { rootOf } from './root.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  /** Vite puts the hash of the content into the names below `assets/`, so those never change. */
  readonly immutable: boolean;
}

/**
 * The built page, whole in memory: a request cannot reach any other file, and a build under way
 * cannot tear it.
 */
export interface PageFiles {
  /** Names this build. */
  readonly build: string;
  /**
   * Sends the file of that path, the page itself for `/`, `/history` and the like; false when there
   * is none.
   */
  send(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

/** @throws {StartError} when the page has not been built */
export function loadPageFiles(directory: string): PageFiles {
  const files = readFiles(directory);
  const index = files.get('/index.html');
  if (index === undefined)
    throw new StartError(
      `the page is not built (no ${join(directory, 'index.html')}); run ./hatchery up, which builds it`,
    );
  // The addresses of the page have two depths, and so two ways to its files.
  const indexes = new Map<string, PageFile>();
  const indexFor = (root: string): PageFile => {
    const known = indexes.get(root) ?? withBase(index, root);
    indexes.set(root, known);
    return known;
  };
  return {
    // The index names all hashed files, so its own digest names the whole.
    build: createHash('sha256').update(index.plain).digest('hex').slice(0, 12),
    send: (path, request, response) => {
      const file = isPagePath(path) ? indexFor(rootOf(request)) : files.get(path);
      if (file === undefined || path === '/index.html') return false;
      sendFile(file, request, response);
      return true;
    },
  };
}

function withBase(index: PageFile, root: string): PageFile {
  const plain = Buffer.from(
    index.plain.toString().replace('<head>', `<head><base href="${root}" />`),
  );
  return { ...index, plain, gzipped: gzipSync(plain, { level: 9 }) };
}

/** The addresses the page itself understands. */
function isPagePath(path: string): boolean {
  return path === '/' || /^\/(history|audit|doctor|(children|locks)\/[^/]+)$/.test(path);
}

function readFiles(directory: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  let bytes = 0;
  for (const entry of listFiles(directory)) {
    const plain = readFileSync(entry);
    bytes += plain.length;
    if (bytes > pageBytesMax)
      throw new StartError(
        `the built page in ${directory} is larger than ${pageBytesMax} bytes; build it anew`,
      );
    const path = `/${relative(directory, entry).split(sep).join('/')}`;
    files.set(path, {
      type: types[extname(path)] ?? 'application/octet-stream',
      plain,
      gzipped: gzipSync(plain, { level: 9 }),
      immutable: path.startsWith('/assets/'),
    });
  }
  return files;
}

function listFiles(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    // Not built at all; the caller says so.
    return [];
  }
}

function sendFile(file: PageFile, request: IncomingMessage, response: ServerResponse): void {
  const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = gzip ? file.gzipped : file.plain;
  response.writeHead(200, {
    ...safetyHeaders,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-type': file.type,
    'content-length': body.length,
    vary: 'accept-encoding',
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
