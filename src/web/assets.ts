import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpRequest, HttpResponse } from './http-exchange.js';

/** What is served, by the end of its name. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Scripts and styles of this server only; no plugin, no frame, and no text that becomes code. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // A page of an older server would speak to this one.
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
};

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly encodings: Readonly<Record<'br' | 'gzip' | 'identity', Buffer>>;
}

/** The files of a folder, and nothing outside of it: names are looked up, not opened. */
export class Assets {
  readonly #folder: string;
  #loading: Promise<ReadonlyMap<string, Asset>> | undefined;

  /** @param folder read and compressed once, when the first file is asked for */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Responds with the file of that path; `/` is index.html. False if there is no such file. */
  async serve(path: string, request: HttpRequest, response: HttpResponse): Promise<boolean> {
    const assets = await (this.#loading ??= load(this.#folder));
    const asset = assets.get(path === '/' ? '/index.html' : path);
    if (asset === undefined) return false;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.setHeader('etag', asset.etag);
    if (request.headers['if-none-match'] === asset.etag) {
      response.statusCode = 304;
      response.end();
      return true;
    }
    const encoding = encodingFor(request.headers['accept-encoding']?.toString() ?? '');
    const body = asset.encodings[encoding];
    response.setHeader('content-type', asset.type);
    response.setHeader('content-length', body.length);
    if (encoding !== 'identity') response.setHeader('content-encoding', encoding);
    if (request.method === 'HEAD') response.end();
    else response.end(body);
    return true;
  }
}

async function load(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const names = filesOf(folder).filter((name) => Object.hasOwn(TYPES, extname(name)));
  const entries = names.map(async (name) => [`/${name}`, await loadAsset(folder, name)] as const);
  return new Map(await Promise.all(entries));
}

/** The names of the files in a folder; none if it does not exist. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function loadAsset(folder: string, name: string): Promise<Asset> {
  const identity = readFileSync(join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
    encodings: {
      identity,
      br: await promisify(brotliCompress)(identity, { params }),
      gzip: await promisify(gzip)(identity),
    },
  };
}

function encodingFor(accepted: string): keyof Asset['encodings'] {
  const names = accepted.split(',').map((part) => part.split(';', 1)[0]?.trim());
  return (['br', 'gzip'] as const).find((name) => names.includes(name)) ?? 'identity';
}
