import { didYouMean } from './did-you-mean.js';

/**
 * What one server takes from strangers. A limit of Infinity is none; server/README.md has the
 * reasons for the defaults.
 */
export interface Limits {
  /** Open connections, also below the limit of file descriptors, whichever is lower. */
  readonly connections: number;
  /** Open connections from one address. */
  readonly connectionsPerAddress: number;
  /** How long the TLS handshake, or the first bytes without TLS, may take. */
  readonly handshakeMs: number;
  /** How long a connection without calls stays open. */
  readonly connectionIdleMs: number;
  /** Open calls on one connection. */
  readonly streamsPerConnection: number;
  /** Headers of a request. */
  readonly headers: number;
  /** Bytes of the headers of a request, with 32 for each, as HTTP/2 counts them. */
  readonly headerBytes: number;
  /** Bytes of the request message of a method with a single one, after decompression. */
  readonly unaryMessageBytes: number;
  /** Bytes of each request message of a streaming method, after decompression. */
  readonly streamMessageBytes: number;
  /** How long a unary call without a deadline may take. */
  readonly unaryDeadlineMs: number;
  /** How long a streaming call may go on without a message in either direction. */
  readonly streamIdleMs: number;
  /** Bytes that wait in all calls together: unread requests and unsent responses. */
  readonly heldBytes: number;
  /** How long a call may wait for its turn before new calls are refused. */
  readonly queueMs: number;
}

interface LimitRule {
  /** As it is written in a setting: `connections-per-address`. */
  readonly name: string;
  readonly unit: 'number' | 'duration' | 'size';
  /** As the user would write it. */
  readonly default: string;
}

/** Every limit: its name in settings, its unit and its default. */
export const limitRules: { readonly [Name in keyof Limits]: LimitRule } = {
  connections: { name: 'connections', unit: 'number', default: '10000' },
  connectionsPerAddress: { name: 'connections-per-address', unit: 'number', default: '1000' },
  handshakeMs: { name: 'handshake', unit: 'duration', default: '10s' },
  connectionIdleMs: { name: 'connection-idle', unit: 'duration', default: '5m' },
  streamsPerConnection: { name: 'streams-per-connection', unit: 'number', default: '100' },
  headers: { name: 'headers', unit: 'number', default: '64' },
  headerBytes: { name: 'header-bytes', unit: 'size', default: '64KiB' },
  unaryMessageBytes: { name: 'unary-message', unit: 'size', default: '64KiB' },
  streamMessageBytes: { name: 'stream-message', unit: 'size', default: '1MiB' },
  unaryDeadlineMs: { name: 'unary-deadline', unit: 'duration', default: '5s' },
  streamIdleMs: { name: 'stream-idle', unit: 'duration', default: '5m' },
  heldBytes: { name: 'held-bytes', unit: 'size', default: '64MiB' },
  queueMs: { name: 'queue', unit: 'duration', default: '250ms' },
};

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

const PARSERS = {
  number: (text: string): number => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new Error('must be a number above 0');
  },
  duration: parseDuration,
  size: parseSize,
};

/**
 * Parses `500ms`, `10s`, `1.5m`, `1h` or `30d` into milliseconds. Throws an Error that says what
 * the text must be.
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) throw new Error('must be a duration such as 500ms, 10s or 1m');
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** Parses `512B`, `64KiB`, `1MiB` or `1GiB` into bytes. Throws as parseDuration() does. */
function parseSize(text: string): number {
  const match = /^([1-9]\d{0,6})(B|KiB|MiB|GiB)$/.exec(text);
  if (match === null) throw new Error('must be a size such as 64KiB or 1MiB');
  return Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES];
}

/**
 * Parses `name=value` pairs separated by commas; limits that are not named have their defaults.
 * Throws an Error that says what the text must be.
 */
export function parseLimits(text: string): Limits {
  const values = new Map(Object.values(limitRules).map((rule) => [rule.name, rule.default]));
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const [name = '', value = ''] = pair.split('=').map((part) => part.trim());
    if (!values.has(name)) {
      const names = [...values.keys()];
      const suggestion = didYouMean(name, names);
      throw new Error(`must be name=value, and name one of ${names.join(', ')}${suggestion}`);
    }
    values.set(name, value);
  }
  const parsed = Object.entries(limitRules).map(([key, { name, unit }]) => {
    return [key, parseLimit(name, unit, values.get(name) ?? '')] as const;
  });
  return Object.fromEntries(parsed) as unknown as Limits;
}

function parseLimit(name: string, unit: LimitRule['unit'], value: string): number {
  try {
    return PARSERS[unit](value);
  } catch (error) {
    throw new Error(`${name} ${(error as Error).message}`, { cause: error });
  }
}

/** The limits of a server that is given none. */
export const defaultLimits: Limits = parseLimits('');

/**
 * The defaults with some replaced. Throws a TypeError that names the caller, and a limit which is
 * unknown or not a number above 0.
 */
export function completeLimits(limits: Partial<Limits> = {}, caller = 'startServer'): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(limitRules, name)) {
      const suggestion = didYouMean(name, Object.keys(limitRules));
      throw new TypeError(`${caller}: limits.${name} is not a limit${suggestion}`);
    }
    if (!(typeof value === 'number' && value > 0)) {
      throw new TypeError(`${caller}: limits.${name} must be a number above 0`);
    }
  }
  return { ...defaultLimits, ...limits };
}
