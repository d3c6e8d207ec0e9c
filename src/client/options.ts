import type { MetadataInit } from './metadata.js';
import type { ClientMiddleware } from './middleware.js';
import {
  BOOLEAN,
  checkRules,
  COUNT,
  DURATION,
  FUNCTION,
  isObject,
  METADATA,
  type Rule,
  type Rules,
} from './option-rules.js';

/**
 * The path of a PEM file, or its content as a Buffer. A new connection reads a file that has changed,
 * so that certificates can be renewed while the client runs.
 */
export type Pem = string | Buffer;

/** How the client authenticates the server, and itself. */
export interface TlsOptions {
  /** The authorities to trust. Default: those that Node trusts. */
  readonly ca?: Pem | undefined;
  /** The client's own certificate chain; needs `key`. */
  readonly cert?: Pem | undefined;
  /** The key of `cert`. */
  readonly key?: Pem | undefined;
  /**
   * The name in the server's certificate, where it is not that of the target: for a connection to an
   * IP address, or through a tunnel.
   */
  readonly serverName?: string | undefined;
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
   * connection is refused, the call fails without waiting, unless there was a connection within this
   * time: a server that restarts is waited for, if retries are on.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** False: never retry a call. Default true. */
  readonly retry?: boolean | RetryOptions | undefined;
  /** Which of several servers gets a call: each in turn (default), or the first connected one. */
  readonly loadBalancing?: 'round_robin' | 'pick_first' | undefined;
  /**
   * Connections to each server, which take its calls in turn. Default 1. One connection stays with one
   * process of a server, so a client that needs more than one core of a server needs several.
   */
  readonly connections?: number | undefined;
  /** False: a dead connection is detected only by the operating system, which may take minutes. */
  readonly keepalive?: boolean | KeepaliveOptions | undefined;
  /** How requests are compressed. Compressed responses are always accepted. Default none. */
  readonly compression?: 'none' | 'gzip' | 'deflate' | undefined;
  /** Sent with every call. */
  readonly metadata?: MetadataInit | undefined;
  /** The largest message that is received or sent. Default 64 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Wraps every call, the first is the outermost. Default: none. */
  readonly middleware?: readonly ClientMiddleware[] | undefined;
  /** Called with each new value of `state`. */
  readonly onStateChange?: ((state: ChannelState) => void) | undefined;
}

const PEM: Rule = [
  (value) => typeof value === 'string' || Buffer.isBuffer(value),
  'a file name or a Buffer',
];

const TLS_RULES: Rules = {
  ca: PEM,
  cert: PEM,
  key: PEM,
  serverName: [(value) => typeof value === 'string' && value !== '', 'a host name'],
};

const RETRY_RULES: Rules = {
  maxAttempts: COUNT,
  initialBackoffMs: DURATION,
  maxBackoffMs: DURATION,
};

const KEEPALIVE_RULES: Rules = { timeMs: DURATION, timeoutMs: DURATION };

/** More would cost a server more than they gain. */
const MAX_CONNECTIONS = 100;

const RULES: Rules = {
  tls: switchOrObject('true, or an object with ca, cert, key and serverName'),
  token: [
    (value) => typeof value === 'function' || (typeof value === 'string' && value !== ''),
    'a string or a function',
  ],
  tokenWithoutTls: BOOLEAN,
  timeoutMs: DURATION,
  connectTimeoutMs: DURATION,
  retry: switchOrObject('true, false, or an object'),
  loadBalancing: oneOf('round_robin', 'pick_first'),
  connections: [
    (value) =>
      Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_CONNECTIONS,
    `a whole number from 1 to ${MAX_CONNECTIONS}`,
  ],
  keepalive: switchOrObject('true, false, or an object'),
  compression: oneOf('none', 'gzip', 'deflate'),
  metadata: METADATA,
  maxMessageBytes: [COUNT[0], 'a positive whole number of bytes'],
  middleware: [
    (value) => Array.isArray(value) && value.every((each) => typeof each === 'function'),
    'an array of functions',
  ],
  onStateChange: FUNCTION,
};

function switchOrObject(text: string): Rule {
  return [(value) => typeof value === 'boolean' || isObject(value), text];
}

function oneOf(...names: string[]): Rule {
  const quoted = names.map((name) => `'${name}'`);
  return [
    (value) => names.includes(String(value)),
    `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`,
  ];
}

/** Throws a TypeError that names the first option that is unknown or has a wrong value. */
export function checkOptions(options: ConnectOptions): void {
  const { tls, retry, keepalive } = options;
  checkRules('connect', options, RULES);
  if (typeof tls === 'object') checkRules('connect', tls, TLS_RULES, 'tls.');
  if (typeof retry === 'object') checkRules('connect', retry, RETRY_RULES, 'retry.');
  if (typeof keepalive === 'object') {
    checkRules('connect', keepalive, KEEPALIVE_RULES, 'keepalive.');
  }
}
