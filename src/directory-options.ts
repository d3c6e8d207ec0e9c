import {
  authKinds,
  checkAddresses,
  checkAlgorithms,
  checkHosts,
  checkOrigins,
  logLevels,
  parseAddress,
  readConfig,
  type Auth,
  type CallerLimits,
  type Config,
  type TlsFiles,
} from './config.js';
import { closestName } from './did-you-mean.js';
import { completeLimits, type Limits } from './limits.js';

/** How to start a directory from code. An option that is left out or undefined has its default. */
export interface DirectoryOptions {
  /** Addresses to listen on, as HOST:PORT; port 0 takes a free one. Default `127.0.0.1:50051`. */
  readonly listen?: readonly string[] | undefined;
  /** A database file, a `postgres://` URL, or `:memory:`. Default `personguide.db` in the current folder. */
  readonly store?: string | undefined;
  /** Record the ten people of the tutorial if the store has no people. Default false. */
  readonly demo?: boolean | undefined;
  /**
   * HOST:PORT of a port for `/metrics`, `/healthz` and `/readyz`; port 0 takes a free one. Default:
   * none.
   */
  readonly metrics?: string | undefined;
  /** What is logged on standard output. Default `info`. */
  readonly logLevel?: Config['logLevel'] | undefined;
  /** How long calls may continue after stop(), in milliseconds. Default 10,000. */
  readonly shutdownGraceMs?: number | undefined;
  /** How long deleted people can be brought back, in milliseconds. Default 30 days. */
  readonly keepDeletedMs?: number | undefined;
  /** The country of phone numbers without a country code, such as `AR`. Default: none. */
  readonly defaultCountry?: string | undefined;
  /** Serve the page, Connect, gRPC-Web and JSON besides gRPC. Default true. */
  readonly web?: boolean | undefined;
  /** Origins whose pages may make calls, such as `https://app.example.com`. Default: none. */
  readonly allowOrigins?: readonly string[] | undefined;
  /**
   * Names by which browsers reach the server, besides addresses, `localhost` and the hosts of
   * `listen`. Default: none.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** Allow addresses beyond loopback without TLS or without access control. Default false. */
  readonly insecure?: boolean | undefined;
  /** Paths of PEM files. Default: plain text. */
  readonly tls?: TlsFiles | undefined;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Leave all calls to grpc-js, which is slower. Default false. */
  readonly plainGrpc?: boolean | undefined;
  /** Who may call. Default `{ kind: 'none' }`: everyone. */
  readonly auth?: Auth | undefined;
  /**
   * What one caller may do, if there is access control; Infinity is no limit. Default 5,000 reads
   * and 1,000 writes per second, and 100 open streams.
   */
  readonly callerLimits?: Partial<CallerLimits> | undefined;
}

/** Throws an Error whose message says what the value must be: `must be true or false`. */
type Check = (value: unknown) => void;

const isFile = check((value) => typeof value === 'string' && value.trim() !== '', 'a file name');
const isBoolean = check((value) => typeof value === 'boolean', 'true or false');
const isMilliseconds = check(
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  'a number of milliseconds, 0 or more',
);

const RULES: { readonly [Name in keyof Required<DirectoryOptions>]: Check } = {
  listen: (value) => {
    if (!isTextArray(value)) throw new Error("must be an array of 'HOST:PORT', with at least one");
    checkAddresses(value);
  },
  store: check(
    (value) => typeof value === 'string' && value.trim() !== '',
    "a file name, or ':memory:'",
  ),
  demo: isBoolean,
  logLevel: check(
    (value) => logLevels.some((level) => level === value),
    `one of ${logLevels.join(', ')}`,
  ),
  shutdownGraceMs: isMilliseconds,
  keepDeletedMs: isMilliseconds,
  defaultCountry: check(
    (value) => typeof value === 'string' && /^[A-Z]{2}$/.test(value),
    "a country code such as 'AR'",
  ),
  web: isBoolean,
  allowOrigins: (value) => {
    if (!isTexts(value)) throw new Error('must be an array of origins');
    checkOrigins(value);
  },
  allowHosts: (value) => {
    if (!isTexts(value)) throw new Error('must be an array of names');
    checkHosts(value);
  },
  insecure: isBoolean,
  tls: check(isObject, 'an object with cert and key'),
  limits: check(isObject, 'an object with limits'),
  plainGrpc: isBoolean,
  auth: check(isObject, "an object such as { kind: 'keys' }"),
  callerLimits: check(isObject, 'an object with limits'),
  metrics: (value) => {
    if (typeof value !== 'string') throw new Error("must be 'HOST:PORT'");
    parseAddress(value);
  },
};

const TLS_RULES: { readonly [Name in keyof Required<TlsFiles>]: Check } = {
  cert: isFile,
  key: isFile,
  clientCa: isFile,
};

const isText = check((value) => typeof value === 'string' && value.trim() !== '', 'a text');

const KIND_RULE: Check = check(
  (value) => authKinds.some((kind) => kind === value),
  `one of ${authKinds.join(', ')}`,
);

const AUTH_RULES: Readonly<Record<Auth['kind'], Readonly<Record<string, Check>>>> = {
  none: { kind: KIND_RULE },
  keys: { kind: KIND_RULE },
  jwt: {
    kind: KIND_RULE,
    issuer: isText,
    audience: isText,
    jwks: isText,
    algorithms: (value) => {
      if (!isTextArray(value)) throw new Error('must be an array of names, with at least one');
      checkAlgorithms(value);
    },
  },
  mtls: { kind: KIND_RULE, clients: isFile },
};

const isLimit = check(
  (value) => typeof value === 'number' && value >= 1,
  'a number, 1 or more; Infinity is no limit',
);

const LIMIT_RULES: { readonly [Name in keyof CallerLimits]: Check } = {
  readsPerSecond: isLimit,
  writesPerSecond: isLimit,
  openStreams: isLimit,
};

/**
 * Checks the options of startDirectory() and completes them with the defaults. Throws a TypeError
 * that names the first option that is unknown or has an invalid value.
 */
export function checkDirectoryOptions(options: unknown): Config {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('startDirectory: the options must be an object');
  }
  checkNames('', options, RULES);
  const { tls, limits, callerLimits = {}, auth, ...others } = options as DirectoryOptions;
  if (tls !== undefined) checkTls(tls);
  if (auth !== undefined) checkAuth(auth);
  checkNames('callerLimits.', callerLimits, LIMIT_RULES);
  const defaults = readConfig({}, {});
  return {
    ...defaults,
    ...withoutUndefined(others),
    tls,
    limits: completeLimits(limits, 'startDirectory'),
    auth: auth ?? defaults.auth,
    callerLimits: { ...defaults.callerLimits, ...withoutUndefined(callerLimits) },
  };
}

function checkTls(tls: TlsFiles): void {
  checkNames('tls.', tls, TLS_RULES);
  requireNames('tls.', tls, ['cert', 'key']);
}

function checkAuth(auth: Auth): void {
  const { kind } = auth as Partial<Auth>;
  const rules = AUTH_RULES[authKinds.find((known) => known === kind) ?? 'none'];
  checkNames('auth.', auth, rules);
  requireNames(
    'auth.',
    auth,
    Object.keys(rules).filter((name) => name !== 'algorithms'),
  );
}

function requireNames(prefix: string, values: object, names: readonly string[]): void {
  for (const name of names) {
    if ((values as Readonly<Record<string, unknown>>)[name] !== undefined) continue;
    throw new TypeError(`startDirectory: ${prefix}${name} is missing`);
  }
}

function checkNames(prefix: string, values: object, rules: Readonly<Record<string, Check>>): void {
  for (const [name, value] of Object.entries(values)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      throw new TypeError(`startDirectory: unknown option ${prefix}${name}; ${hint(name, rules)}`);
    }
    if (value === undefined) continue;
    try {
      rule(value);
    } catch (error) {
      throw new TypeError(`startDirectory: ${prefix}${name} ${(error as Error).message}`);
    }
  }
}

function hint(name: string, rules: object): string {
  const names = Object.keys(rules);
  const closest = closestName(name, names);
  return closest === undefined ? `the options are ${names.join(', ')}` : `did you mean ${closest}?`;
}

function check(holds: (value: unknown) => boolean, expected: string): Check {
  return (value) => {
    if (!holds(value)) throw new Error(`must be ${expected}`);
  };
}

function isTextArray(value: unknown): value is readonly string[] {
  return isTexts(value) && value.length > 0;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function withoutUndefined<T extends object>(options: T): Defined<T> {
  const defined = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Defined<T>;
}
