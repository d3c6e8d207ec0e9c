import type { MetadataInit } from './metadata.js';

/** A PEM file's path, or its content. */
export type Pem = string | Buffer;

/** How the client proves and checks who is there. */
export interface TlsOptions {
  /** Whom to trust. Default: the authorities that Node trusts. */
  readonly ca?: Pem | undefined;
  /** The client's own certificate chain; needs `key`. */
  readonly cert?: Pem | undefined;
  /** The key of `cert`. */
  readonly key?: Pem | undefined;
}

/** When calls that are safe to repeat are made again. */
export interface RetryOptions {
  /** How often a call is made at most, the first time included. Default 4. */
  readonly maxAttempts?: number | undefined;
  /** The longest first pause; it doubles each time, and each is a random part of it. Default 100. */
  readonly initialBackoffMs?: number | undefined;
  /** The longest pause. Default 2,000. */
  readonly maxBackoffMs?: number | undefined;
}

/** When a connection counts as dead. */
export interface KeepaliveOptions {
  /**
   * Ask for a sign of life after so long without one. Default 3,000, so that a frozen server is
   * noticed within the default timeout of a call. Servers that are not of this package may want more.
   */
  readonly timeMs?: number | undefined;
  /** How long to wait for it before the calls end with UNAVAILABLE. Default 2,000. */
  readonly timeoutMs?: number | undefined;
}

/** The state of a connection, by its gRPC name. */
export type ChannelState = 'IDLE' | 'CONNECTING' | 'READY' | 'TRANSIENT_FAILURE' | 'SHUTDOWN';

/** A token, or what gives one for each call. */
export type TokenSource = string | (() => string | Promise<string>);

/** How to connect. Plain data; every option may be left out. */
export interface ConnectOptions {
  /** Encrypt. True: trust the authorities that Node trusts. Default: plain text. */
  readonly tls?: boolean | TlsOptions | undefined;
  /**
   * Sent as `authorization: Bearer TOKEN`; a function is asked before each attempt.
   * Without TLS it is refused for any address but this machine's, see `tokenWithoutTls`.
   */
  readonly token?: TokenSource | undefined;
  /** Allow the token in plain text, where something else encrypts. Default false. */
  readonly tokenWithoutTls?: boolean | undefined;
  /** How long unary and client-streaming calls may take, retries included. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long a call waits for a connection before it ends with UNAVAILABLE. Default 5,000. A
   * connection that is refused ends it at once.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** False: never repeat a call. */
  readonly retry?: boolean | RetryOptions | undefined;
  /** Which of several servers gets a call: each in turn (default), or the first that answers. */
  readonly loadBalancing?: 'round_robin' | 'pick_first' | undefined;
  /** False: notice a dead connection only when the system does, which may take minutes. */
  readonly keepalive?: boolean | KeepaliveOptions | undefined;
  /** How requests are compressed. Answers are read whatever their compression. Default none. */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined;
  /** Sent with every call. */
  readonly metadata?: MetadataInit | undefined;
  /** The largest message that is taken or sent. Default 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Told about each change of `state`. */
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
  maxAttempts: [isCount, 'a whole number from 1'],
  initialBackoffMs: [isDuration, 'milliseconds above 0'],
  maxBackoffMs: [isDuration, 'milliseconds above 0'],
};

const KEEPALIVE_RULES: Rules = {
  timeMs: [isDuration, 'milliseconds above 0'],
  timeoutMs: [isDuration, 'milliseconds above 0'],
};

const RULES: Rules = {
  tls: [(value) => isBoolean(value) || isObject(value), 'true, or an object with ca, cert and key'],
  token: [(value) => isText(value) || isFunction(value), 'a string or a function'],
  tokenWithoutTls: [isBoolean, 'true or false'],
  timeoutMs: [isDuration, 'milliseconds above 0'],
  connectTimeoutMs: [isDuration, 'milliseconds above 0'],
  retry: [(value) => isBoolean(value) || isObject(value), 'true, false, or an object'],
  loadBalancing: [isOneOf(['round_robin', 'pick_first']), "'round_robin' or 'pick_first'"],
  keepalive: [(value) => isBoolean(value) || isObject(value), 'true, false, or an object'],
  compression: [isOneOf(['none', 'gzip', 'deflate']), "'none', 'gzip' or 'deflate'"],
  metadata: [isObject, 'an object of names and values'],
  maxMessageBytes: [isCount, 'a whole number of bytes from 1'],
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
      throw new TypeError(`connect: there is no option ${prefix}${name}; there are ${known}`);
    }
    const [holds, text] = rule;
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`connect: ${prefix}${name} must be ${text}`);
    }
  }
}
