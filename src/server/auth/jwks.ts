import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  errors,
  type JWK,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type KeyLike,
} from 'jose';
import { isLoopback } from '../../host-port.js';
import { watchFiles } from '../file-watch.js';
import { StartError } from '../listen.js';
import type { Log } from '../log.js';

/** The keys of an issuer, by which its tokens are verified. */
export interface IssuerKeys {
  /** Rejects with KeysUnavailable if the keys cannot be had. */
  readonly find: JWTVerifyGetKey;
  close(): void;
}

/** The keys of the issuer cannot be had now. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** How long the issuer may take to respond. */
const TIMEOUT_MS = 3000;

const MAX_BYTES = 1024 * 1024;

/** How long the keys are used before they are read again. */
const MAX_AGE_MS = 10 * 60_000;

/** A token with an unknown key id makes the server read the keys again, but not more often. */
const COOLDOWN_MS = 30_000;

/** After a failure, the issuer is left alone for so long: every stranger can send a token. */
const PAUSE_MS = 1000;

/** The keys at an https URL, or in a file, which is read again when it changes. */
export function issuerKeys(source: string, log: Pick<Log, 'info' | 'warn'>): IssuerKeys {
  return /^https?:\/\//i.test(source) ? remoteKeys(new URL(source)) : fileKeys(source, log);
}

function remoteKeys(url: URL): IssuerKeys {
  if (url.protocol !== 'https:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw new StartError(`the JWKS ${url.href} must be https: those who can change it can log in`);
  }
  const keys = new RemoteKeys(url);
  return { find: (header, token) => keys.find(header, token), close: () => undefined };
}

class RemoteKeys {
  readonly #url: URL;
  #find: JWTVerifyGetKey | undefined;
  #readAtMs = -Infinity;
  #pausedUntilMs = -Infinity;
  #lastError: unknown;
  #pending: Promise<JWTVerifyGetKey> | undefined;

  constructor(url: URL) {
    this.#url = url;
  }

  async find(...args: Parameters<JWTVerifyGetKey>): Promise<KeyLike | JWK | Uint8Array> {
    const known = this.#isYoungerThan(MAX_AGE_MS) ? this.#find : undefined;
    const find = known ?? (await this.#load());
    try {
      return await find(...args);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || this.#isYoungerThan(COOLDOWN_MS)) throw error;
    }
    return (await this.#load())(...args);
  }

  #isYoungerThan(ms: number): boolean {
    return performance.now() - this.#readAtMs < ms;
  }

  /** Reads the keys; calls at the same time share one request. */
  #load(): Promise<JWTVerifyGetKey> {
    if (performance.now() < this.#pausedUntilMs) return Promise.reject(this.#unavailable());
    this.#pending ??= this.#read().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #read(): Promise<JWTVerifyGetKey> {
    try {
      const find = createLocalJWKSet(JSON.parse(await download(this.#url)) as JSONWebKeySet);
      this.#find = find;
      this.#readAtMs = performance.now();
      return find;
    } catch (error) {
      this.#pausedUntilMs = performance.now() + PAUSE_MS;
      this.#lastError = error;
      throw this.#unavailable();
    }
  }

  #unavailable(): KeysUnavailable {
    return new KeysUnavailable(`the JWKS ${this.#url.href} cannot be read`, {
      cause: this.#lastError,
    });
  }
}

async function download(url: URL): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the issuer responds with the status ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new Error(`the JWKS has more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function fileKeys(file: string, log: Pick<Log, 'info' | 'warn'>): IssuerKeys {
  let keys = readKeys(file);
  const close = watchFiles([file], () => {
    try {
      keys = readKeys(file);
      log.info({ file }, 'the JWKS was read again');
    } catch (error) {
      log.warn({ file, reason: (error as Error).message }, 'the JWKS is left as it was');
    }
  });
  return { find: (header, token) => keys(header, token), close };
}

function readKeys(file: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet);
  } catch (error) {
    throw new StartError(`cannot use the JWKS ${file}: ${(error as Error).message}`);
  }
}
