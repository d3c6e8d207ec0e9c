import type { MetadataInit } from './metadata.js';

/** The path of a PEM file, or its content as a Buffer. */
export type Pem = string | Buffer;

/** How the client authenticates the server, and itself. */
export interface TlsOptions {
  /** The authorities to trust. Default: those that Node trusts. */
  readonly ca?: Pem | undefined;
  /** The client's own certificate chain; needs `key`. */
  readonly cert?: Pem | undefined;
  /** The key of `cert`. */
  readonly key?: Pem | undefined;
}

/** How calls that are safe to retry are retried. */
export interface RetryOptions {
  /** The greatest number of attempts, the first one included. Default 4. */
  readonly maxAttempts?: number | undefined;
  /**
   * The upper limit of the first delay; it doubles with each attempt. Each delay is a random time
   * up to its limit. Default 100.
   */
  readonly initialBackoffMs?: number | undefined;
  /** The longest delay. Default 2,000. */
  readonly maxBackoffMs?: number | undefined;
}

/** When a connection is considered dead. */
export interface KeepaliveOptions {
  /**
   * How often the server is pinged while calls are pending. Default 3,000, so that an unresponsive
   * server is detected within the default timeout of a call. Other servers may require a longer time.
   */
  readonly timeMs?: number | undefined;
  /** How long to wait for the reply before pending calls fail with UNAVAILABLE. Default 2,000. */
  readonly timeoutMs?: number | undefined;
}

/** The state of a connection, by its gRPC name. */
export type ChannelState = 'IDLE' | 'CONNECTING' | 'READY' | 'TRANSIENT_FAILURE' | 'SHUTDOWN';

/** A token, or a function that returns one for each attempt. */
export type TokenSource = string | (() => string | Promise<string>);

/** How to connect. Every option may be left out. */
export interface ConnectOptions {
  /** Use TLS. True: trust the authorities that Node trusts. Default false: plain text. */
  readonly tls?: boolean | TlsOptions | undefined;
  /**
   * Sent as `authorization: Bearer TOKEN`; a function is called before each attempt. Without TLS
   * it is allowed only for addresses of this machine, see `tokenWithoutTls`.
   */
  readonly token?: TokenSource | undefined;
  /** Allow the token without TLS, where something else encrypts. Default false. */
  readonly tokenWithoutTls?: boolean | undefined;
  /** How long unary and client-streaming calls may take, retries included. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long a call waits for a connection before it fails with UNAVAILABLE. Default 5,000. If the
   * connection is refused, the call fails without waiting.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** False: never retry a call. Default true. */
  readonly retry?: boolean | RetryOptions | undefined;
  /** Which of several servers gets a call: each in turn (default), or the first connected one. */
  readonly loadBalancing?: 'round_robin' | 'pick_first' | undefined;
  /** False: a dead connection is detected only by the operating system, which may take minutes. */
  readonly keepalive?: boolean | KeepaliveOptions | undefined;
  /** How requests are compressed. Compressed responses are always accepted. Default none. */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined;
  /** Sent with every call. */
  readonly metadata?: MetadataInit | undefined;
  /** The largest message that is received or sent. Default 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Called with each new value of `state`. */
  readonly onStateChange?: ((state: ChannelState) => void) | undefined;
}

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const isDuration: Check = (value) => typeof value === 'number' && value > 0;
const isFunction: Check = (value) => typeof value === 'function';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isPem: Check = (value) => typeof value === 'string' || Buffer.isBuffer(value);
const isText: Check = (value) => typeof value === 'string' && value !== '';
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isOneOf =
  (names: readonly string[]): Check =>
  (value) =>
    names.includes(String(value));

type Rules = Readonly<Record<string, readonly [Check, string]>>;

const TLS_RULES: Rules = {
  ca: [isPem, 'a file name or a Buffer'],
  cert: [isPem, 'a file name or a Buffer'],
  key: [isPem, 'a file name or a Buffer'],
};

const RETRY_RULES: Rules = {
  maxAttempts: [isCount, 'a positive whole number'],
  initialBackoffMs: [isDuration, 'a number of milliseconds above 0'],
  maxBackoffMs: [isDuration, 'a number of milliseconds above 0'],
};

const KEEPALIVE_RULES: Rules = {
  timeMs: [isDuration, 'a number of milliseconds above 0'],
  timeoutMs: [isDuration, 'a number of milliseconds above 0'],
};

const RULES: Rules = {
  tls: [(value) => isBoolean(value) || isObject(value), 'true, or an object with ca, cert and key'],
  token: [(value) => isText(value) || isFunction(value), 'a string or a function'],
  tokenWithoutTls: [isBoolean, 'true or false'],
  timeoutMs: [isDuration, 'a number of milliseconds above 0'],
  connectTimeoutMs: [isDuration, 'a number of milliseconds above 0'],
  retry: [(value) => isBoolean(value) || isObject(value), 'true, false, or an object'],
  loadBalancing: [isOneOf(['round_robin', 'pick_first']), "'round_robin' or 'pick_first'"],
  keepalive: [(value) => isBoolean(value) || isObject(value), 'true, false, or an object'],
  compression: [isOneOf(['none', 'gzip', 'deflate']), "'none', 'gzip' or 'deflate'"],
  metadata: [isObject, 'an object of names and values'],
  maxMessageBytes: [isCount, 'a positive whole number of bytes'],
  onStateChange: [isFunction, 'a function'],
};

/** Throws a TypeError that names the first option which is unknown or has a wrong value. */
export function checkOptions(options: ConnectOptions): void {
  check('', options, RULES);
  if (typeof options.tls === 'object') check('tls.', options.tls, TLS_RULES);
  if (typeof options.retry === 'object') check('retry.', options.retry, RETRY_RULES);
  if (typeof options.keepalive === 'object') {
    check('keepalive.', options.keepalive, KEEPALIVE_RULES);
  }
}

function check(prefix: string, values: object, rules: Rules): void {
  for (const [name, value] of Object.entries(values)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const known = Object.keys(rules).join(', ');
      throw new TypeError(`connect: unknown option ${prefix}${name}; the options are ${known}`);
    }
    const [holds, text] = rule;
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`connect: ${prefix}${name} must be ${text}`);
    }
  }
}
