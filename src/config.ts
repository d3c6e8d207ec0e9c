import { availableParallelism } from 'node:os';
import { closestName, didYouMean } from './did-you-mean.js';
import { formatHostPort, parseHostPort } from './host-port.js';
import { defaultLimits, parseDuration, parseLimits, type Limits } from './limits.js';

export { parseDuration };

/** From the most detailed level to none. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** What is logged: this level and those after it; `silent` logs nothing. */
export type LogLevel = (typeof logLevels)[number];

/** Certificates and keys, as paths of PEM files. */
export interface TlsFiles {
  /** The certificate chain of the server. */
  readonly cert: string;
  /** The private key of `cert`. */
  readonly key: string;
  /** If set, clients must present a certificate that one of these has signed. */
  readonly clientCa?: string | undefined;
}

/** How callers are known. */
export const authKinds = ['none', 'keys', 'jwt', 'mtls'] as const;

/** Callers are known by tokens that an issuer has signed. */
export interface JwtAuth {
  readonly kind: 'jwt';
  /** The `iss` of the tokens. */
  readonly issuer: string;
  /** What the `aud` of the tokens must contain. */
  readonly audience: string;
  /** The keys of the issuer: an https URL, or a file. */
  readonly jwks: string;
  /** Default: `RS256`, `ES256` and `EdDSA`. */
  readonly algorithms?: readonly string[] | undefined;
}

/** Callers are known by the certificates that `tls.clientCa` makes them present. */
export interface MtlsAuth {
  readonly kind: 'mtls';
  /** A JSON file with the scopes of each client: `{"DNS:orders.example.com": ["people:read"]}`. */
  readonly clients: string;
}

/** Who may call a directory. `keys` are those of its store. */
export type Auth = { readonly kind: 'none' } | { readonly kind: 'keys' } | JwtAuth | MtlsAuth;

/** What one caller may do, if there is access control; Infinity is no limit. */
export interface CallerLimits {
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  /** Streaming calls at the same time. */
  readonly openStreams: number;
}

/** A complete and checked configuration of the directory. */
export interface Config {
  /** Addresses to listen on, as HOST:PORT; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Addresses to listen on if they are free; otherwise the log has a warning. */
  readonly optionalListen: readonly string[];
  /** A database file, a `postgres://` URL, or `:memory:`. */
  readonly store: string;
  /** HOST:PORT of a port for metrics and probes; undefined for none. */
  readonly metrics: string | undefined;
  /** Whether a store without people gets those of the tutorial. */
  readonly demo: boolean;
  /** How many processes serve calls. */
  readonly processes: number;
  readonly logLevel: LogLevel;
  /** What the variables of OpenTelemetry ask for; undefined if they do not ask for traces. */
  readonly traces?: TraceSettings | undefined;
  /** How long calls may continue when the server stops, in milliseconds. */
  readonly shutdownGraceMs: number;
  /** How long deleted people are kept, in milliseconds. */
  readonly keepDeletedMs: number;
  /** The country of phone numbers that do not name theirs, such as `AR`; undefined for none. */
  readonly defaultCountry: string | undefined;
  /** Whether the page, Connect, gRPC-Web and JSON are served besides gRPC. */
  readonly web: boolean;
  /** Origins whose pages may make calls. */
  readonly allowOrigins: readonly string[];
  /** Names by which browsers reach the server, besides addresses, `localhost` and hosts of `listen`. */
  readonly allowHosts: readonly string[];
  /** Whether addresses beyond loopback are allowed without TLS or without access control. */
  readonly insecure: boolean;
  readonly auth: Auth;
  readonly callerLimits: CallerLimits;
  /** Undefined: plain text. */
  readonly tls?: TlsFiles | undefined;
  /** What one server takes from strangers. */
  readonly limits: Limits;
  /** Whether all calls go through grpc-js. */
  readonly plainGrpc: boolean;
}

/** What the variables of OpenTelemetry say that this program has to know. */
export interface TraceSettings {
  /** The variable that asks for traces. */
  readonly variable: string;
  /** The name of the service, if no variable has one. */
  readonly serviceName: string | undefined;
}

/** A setting is invalid; the message names its flag or its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The values of the settings, one for each flag. */
interface SettingValues extends Omit<
  Config,
  | 'tls'
  | 'optionalListen'
  | 'auth'
  | 'callerLimits'
  | 'limits'
  | 'allowOrigins'
  | 'allowHosts'
  | 'traces'
> {
  readonly allowOrigins: readonly string[] | undefined;
  readonly allowHosts: readonly string[] | undefined;
  readonly limits: Limits | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
  readonly auth: Auth['kind'];
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly jwtJwks: string | undefined;
  readonly jwtAlgorithms: readonly string[];
  readonly mtlsClients: string | undefined;
  readonly callerReads: number;
  readonly callerWrites: number;
  readonly callerStreams: number;
}

interface Setting<T> {
  /** As commander writes it: `--store <url>`. */
  readonly flag: string;
  readonly variable: string;
  /** As the user would write it; undefined if there is no default. */
  readonly default: string | undefined;
  /** Throws an Error whose message says what the text must be: `must be HOST:PORT`. */
  readonly parse: (text: string) => T;
  readonly help: string;
}

/** The address that the client of the user tutorial connects to. */
const TUTORIAL_ADDRESS = '127.0.0.1:8080';

/** Every setting of `personguide serve`: flags, variables, defaults and help are defined only here. */
export const settings: { readonly [Name in keyof SettingValues]: Setting<SettingValues[Name]> } = {
  listen: {
    flag: '--listen <host:port...>',
    variable: 'PERSONGUIDE_LISTEN',
    default: '127.0.0.1:50051',
    parse: parseAddresses,
    help: `address to listen on, may be repeated; port 0 takes a free one; with --demo, by default also ${TUTORIAL_ADDRESS} if it is free`,
  },
  store: {
    flag: '--store <url>',
    variable: 'PERSONGUIDE_STORE',
    default: 'personguide.db',
    parse: parseFile,
    help: 'database file, postgres:// URL, or :memory:',
  },
  metrics: {
    flag: '--metrics <host:port>',
    variable: 'PERSONGUIDE_METRICS',
    default: undefined,
    parse: parseAddress,
    help: 'address for /metrics (Prometheus), /healthz and /readyz, without access control',
  },
  demo: {
    flag: '--demo',
    variable: 'PERSONGUIDE_DEMO',
    default: 'false',
    parse: parseBoolean,
    help: "put the tutorial's ten people into a store without people",
  },
  processes: {
    flag: '--processes <number>',
    variable: 'PERSONGUIDE_PROCESSES',
    default: '1',
    parse: parseProcesses,
    help: 'how many processes serve calls, or auto: one per core; limits are those of each, except connections',
  },
  logLevel: {
    flag: '--log-level <level>',
    variable: 'PERSONGUIDE_LOG_LEVEL',
    default: 'info',
    parse: parseLogLevel,
    help: `what to log on standard output: ${logLevels.join(', ')}`,
  },
  shutdownGraceMs: {
    flag: '--shutdown-grace <duration>',
    variable: 'PERSONGUIDE_SHUTDOWN_GRACE',
    default: '10s',
    parse: parseDuration,
    help: 'how long open calls may continue after SIGTERM, such as 500ms, 10s or 1m',
  },
  keepDeletedMs: {
    flag: '--keep-deleted <duration>',
    variable: 'PERSONGUIDE_KEEP_DELETED',
    default: '30d',
    parse: parseDuration,
    help: 'how long deleted people can be brought back, such as 12h or 30d',
  },
  defaultCountry: {
    flag: '--default-country <code>',
    variable: 'PERSONGUIDE_DEFAULT_COUNTRY',
    default: undefined,
    parse: parseCountry,
    help: 'country of phone numbers without a country code, such as AR',
  },
  web: {
    flag: '--web <switch>',
    variable: 'PERSONGUIDE_WEB',
    default: 'on',
    parse: parseSwitch,
    help: 'whether to serve the page, Connect, gRPC-Web and JSON besides gRPC: on, off',
  },
  allowOrigins: {
    flag: '--allow-origin <origin...>',
    variable: 'PERSONGUIDE_ALLOW_ORIGIN',
    default: undefined,
    parse: parseOrigins,
    help: 'origin whose pages may make calls, such as https://app.example.com; may be repeated',
  },
  allowHosts: {
    flag: '--allow-host <name...>',
    variable: 'PERSONGUIDE_ALLOW_HOST',
    default: undefined,
    parse: parseHosts,
    help: 'name by which browsers reach the server, such as people.example.com; may be repeated',
  },
  insecure: {
    flag: '--insecure',
    variable: 'PERSONGUIDE_INSECURE',
    default: 'false',
    parse: parseBoolean,
    help: 'allow addresses beyond loopback without TLS or without access control',
  },
  tlsCert: {
    flag: '--tls-cert <file>',
    variable: 'PERSONGUIDE_TLS_CERT',
    default: undefined,
    parse: parseFile,
    help: 'PEM certificate chain; turns TLS on, together with --tls-key',
  },
  tlsKey: {
    flag: '--tls-key <file>',
    variable: 'PERSONGUIDE_TLS_KEY',
    default: undefined,
    parse: parseFile,
    help: 'PEM private key of --tls-cert',
  },
  tlsClientCa: {
    flag: '--tls-client-ca <file>',
    variable: 'PERSONGUIDE_TLS_CLIENT_CA',
    default: undefined,
    parse: parseFile,
    help: 'PEM certificates; clients must present a certificate that one of these has signed',
  },
  limits: {
    flag: '--limit <name=value...>',
    variable: 'PERSONGUIDE_LIMIT',
    default: undefined,
    parse: parseLimits,
    help: 'changes a limit for experts, such as connections=2000; may be repeated',
  },
  plainGrpc: {
    flag: '--plain-grpc',
    variable: 'PERSONGUIDE_PLAIN_GRPC',
    default: 'false',
    parse: parseBoolean,
    help: 'leave all calls to grpc-js, which is slower: to find out whether it makes a difference',
  },
  auth: {
    flag: '--auth <kind>',
    variable: 'PERSONGUIDE_AUTH',
    default: 'none',
    parse: parseAuthKind,
    help: `how callers are known: ${authKinds.join(', ')}`,
  },
  jwtIssuer: {
    flag: '--jwt-issuer <name>',
    variable: 'PERSONGUIDE_JWT_ISSUER',
    default: undefined,
    parse: parseName,
    help: 'the issuer (iss) that tokens must have; for --auth jwt',
  },
  jwtAudience: {
    flag: '--jwt-audience <name>',
    variable: 'PERSONGUIDE_JWT_AUDIENCE',
    default: undefined,
    parse: parseName,
    help: 'the audience (aud) that tokens must have; for --auth jwt',
  },
  jwtJwks: {
    flag: '--jwt-jwks <source>',
    variable: 'PERSONGUIDE_JWT_JWKS',
    default: undefined,
    parse: parseFile,
    help: 'the keys of the issuer, an https URL or a file; for --auth jwt',
  },
  jwtAlgorithms: {
    flag: '--jwt-algorithms <names>',
    variable: 'PERSONGUIDE_JWT_ALGORITHMS',
    default: 'RS256,ES256,EdDSA',
    parse: parseAlgorithms,
    help: 'the algorithms that tokens may be signed with',
  },
  mtlsClients: {
    flag: '--mtls-clients <file>',
    variable: 'PERSONGUIDE_MTLS_CLIENTS',
    default: undefined,
    parse: parseFile,
    help: 'JSON file with the scopes of each client certificate; for --auth mtls',
  },
  callerReads: {
    flag: '--caller-reads <per-second>',
    variable: 'PERSONGUIDE_CALLER_READS',
    default: '5000',
    parse: parseLimit,
    help: 'reads that one caller may make, or off; not for --auth none',
  },
  callerWrites: {
    flag: '--caller-writes <per-second>',
    variable: 'PERSONGUIDE_CALLER_WRITES',
    default: '1000',
    parse: parseLimit,
    help: 'writes that one caller may make, or off; not for --auth none',
  },
  callerStreams: {
    flag: '--caller-streams <number>',
    variable: 'PERSONGUIDE_CALLER_STREAMS',
    default: '100',
    parse: parseLimit,
    help: 'streams that one caller may have open, or off; not for --auth none',
  },
};

/**
 * The variables of the commands that call a server. Their certificates have variables of their own,
 * so that a command in the environment of a server does not present the server's certificate.
 */
export const clientVariables = {
  address: 'PERSONGUIDE_ADDRESS',
  token: 'PERSONGUIDE_TOKEN',
  tls: 'PERSONGUIDE_TLS',
  tlsCa: 'PERSONGUIDE_TLS_CA',
  tlsCert: 'PERSONGUIDE_TLS_CLIENT_CERT',
  tlsKey: 'PERSONGUIDE_TLS_CLIENT_KEY',
} as const;

/** Whether the variable for `--tls` is set to true. Throws a ConfigError if it is invalid. */
export function readClientTls(environment: NodeJS.ProcessEnv = process.env): boolean {
  const text = environment[clientVariables.tls] ?? 'false';
  try {
    return parseBoolean(text);
  } catch (error) {
    throw new ConfigError(`${clientVariables.tls}: ${(error as Error).message}, not "${text}"`);
  }
}

/** What Kubernetes sets in every pod for a service whose name begins with `personguide`. */
const KUBERNETES_VARIABLE = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)$/;

/** A warning for each variable with the prefix `PERSONGUIDE_` that the program does not know. */
export function unknownVariables(environment: NodeJS.ProcessEnv = process.env): string[] {
  const known = [
    ...Object.values(settings).map(({ variable }) => variable),
    ...Object.values(clientVariables),
  ];
  return Object.keys(environment)
    .filter((name) => name.startsWith('PERSONGUIDE_') && !KUBERNETES_VARIABLE.test(name))
    .filter((name) => !known.some((variable) => variable === name))
    .map((name) => `the variable ${name} is not known${suggestionFor(name, known)}`);
}

function suggestionFor(name: string, known: readonly string[]): string {
  const prefix = 'PERSONGUIDE_'.length;
  const closest = closestName(
    name.slice(prefix),
    known.map((variable) => variable.slice(prefix)),
  );
  return closest === undefined ? '' : `; did you mean PERSONGUIDE_${closest}?`;
}

/**
 * Reads the settings of the program: the flag if given, otherwise the variable, otherwise the
 * default. `flags` are the options as commander parses them. Throws a ConfigError for the first
 * invalid one, in the order of `settings`.
 */
export function readConfig(
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const names = Object.keys(settings) as (keyof SettingValues)[];
  const values = Object.fromEntries(
    names.map((name) => [name, readSetting(settings[name], flags, environment)]),
  ) as unknown as SettingValues;
  const { listen, store, demo, logLevel, shutdownGraceMs, insecure } = values;
  const { keepDeletedMs, defaultCountry, metrics, plainGrpc } = values;
  const { web, allowOrigins = [], allowHosts = [] } = values;
  const { processes } = values;
  checkShared(values);
  const isDefault = (flags['listen'] ?? environment[settings.listen.variable]) === undefined;
  const optionalListen = demo && isDefault ? [TUTORIAL_ADDRESS] : [];
  return {
    ...{ listen, optionalListen, store, demo, logLevel, shutdownGraceMs, insecure },
    ...{ keepDeletedMs, defaultCountry, metrics, web, allowOrigins, allowHosts, plainGrpc },
    processes,
    traces: readTraces(environment),
    tls: tlsFiles(values.tlsCert, values.tlsKey, values.tlsClientCa),
    limits: values.limits ?? defaultLimits,
    auth: authOf(values),
    callerLimits: {
      readsPerSecond: values.callerReads,
      writesPerSecond: values.callerWrites,
      openStreams: values.callerStreams,
    },
  };
}

function checkShared({ processes, store }: Pick<Config, 'processes' | 'store'>): void {
  if (processes === 1 || store !== ':memory:') return;
  const { flag, variable } = settings.processes;
  throw new ConfigError(
    `${flagName(flag)} (${variable}) needs a store that processes can share, and :memory: is not one`,
  );
}

const TRACE_VARIABLES = [
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_TRACES_EXPORTER',
];

/**
 * Whether the variables of OpenTelemetry ask for traces:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
function readTraces(environment: NodeJS.ProcessEnv): TraceSettings | undefined {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  const isOff = environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true';
  if (isOff || environment['OTEL_TRACES_EXPORTER'] === 'none') return undefined;
  const variable = TRACE_VARIABLES.find(isSet);
  if (variable === undefined) return undefined;
  const attributes = environment['OTEL_RESOURCE_ATTRIBUTES'] ?? '';
  const isNamed = isSet('OTEL_SERVICE_NAME') || attributes.includes('service.name=');
  return { variable, serviceName: isNamed ? undefined : 'personguide' };
}

type AuthSetting = 'jwtIssuer' | 'jwtAudience' | 'jwtJwks' | 'mtlsClients';

/** The settings of each kind that have no default. */
const AUTH_SETTINGS: Readonly<Record<Auth['kind'], readonly AuthSetting[]>> = {
  none: [],
  keys: [],
  jwt: ['jwtIssuer', 'jwtAudience', 'jwtJwks'],
  mtls: ['mtlsClients'],
};

function authOf({ auth: kind, ...values }: SettingValues): Auth {
  checkAuthSettings(kind, values);
  const { jwtIssuer = '', jwtAudience = '', jwtJwks = '', mtlsClients = '' } = values;
  switch (kind) {
    case 'none':
    case 'keys':
      return { kind };
    case 'mtls':
      return { kind, clients: mtlsClients };
    case 'jwt': {
      const { jwtAlgorithms: algorithms } = values;
      return { kind, issuer: jwtIssuer, audience: jwtAudience, jwks: jwtJwks, algorithms };
    }
  }
}

/** A setting of another kind is an error: its user believes that the server is protected. */
function checkAuthSettings(kind: Auth['kind'], values: Pick<SettingValues, AuthSetting>): void {
  for (const other of authKinds) {
    for (const name of AUTH_SETTINGS[other]) {
      const { flag, variable } = settings[name];
      if ((values[name] !== undefined) === (other === kind)) continue;
      const needs = other === kind ? `--auth ${kind} needs ${flagName(flag)} or ${variable}` : '';
      throw new ConfigError(needs || `${flagName(flag)} (${variable}) needs --auth ${other}`);
    }
  }
}

function readSetting(
  setting: Setting<unknown>,
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
): unknown {
  const flag = flags[flagKey(setting.flag)];
  const fromFlag = Array.isArray(flag) ? flag.join(',') : flag?.toString();
  const text = fromFlag ?? environment[setting.variable] ?? setting.default;
  if (text === undefined) return undefined;
  try {
    return setting.parse(text);
  } catch (error) {
    const source = fromFlag === undefined ? setting.variable : flagName(setting.flag);
    throw new ConfigError(`${source}: ${(error as Error).message}, not "${text}"`);
  }
}

function tlsFiles(
  cert: string | undefined,
  key: string | undefined,
  clientCa: string | undefined,
): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  if ((cert ?? key ?? clientCa) === undefined) return undefined;
  throw new ConfigError(
    'TLS needs a certificate and its key: set both --tls-cert and --tls-key, ' +
      'or both PERSONGUIDE_TLS_CERT and PERSONGUIDE_TLS_KEY',
  );
}

/** `--log-level <level>` -> `--log-level` */
function flagName(flag: string): string {
  return flag.split(' ', 1)[0] ?? flag;
}

/** `--log-level <level>` -> `logLevel`, as commander names it. */
function flagKey(flag: string): string {
  return flagName(flag)
    .replace(/^--/, '')
    .replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function parseFile(text: string): string {
  if (text.trim() === '') throw new Error('must name a file');
  return text;
}

function parseName(text: string): string {
  if (text.trim() === '') throw new Error('must not be empty');
  return text;
}

function parseAuthKind(text: string): Auth['kind'] {
  const kind = authKinds.find((name) => name === text.toLowerCase());
  if (kind !== undefined) return kind;
  throw new Error(`must be one of ${authKinds.join(', ')}${didYouMean(text, authKinds)}`);
}

/**
 * The algorithms that a token may be signed with: those with a public key. With HS256 and its like,
 * everyone who can check a token could make one.
 */
export const jwtAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

function parseAlgorithms(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  checkAlgorithms(names);
  return names;
}

/** Throws an Error that says what the algorithms must be, if they are none or one is not allowed. */
export function checkAlgorithms(names: readonly string[]): void {
  const areKnown = names.every((name) => jwtAlgorithms.some((known) => known === name));
  if (areKnown && names.length > 0) return;
  throw new Error(`must be some of ${jwtAlgorithms.join(', ')}`);
}

/** Parses a whole number above 0, or `off`, which is Infinity. */
function parseLimit(text: string): number {
  if (text.toLowerCase() === 'off') return Infinity;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Error('must be a whole number above 0, or off');
}

function parseSwitch(text: string): boolean {
  if (/^(on|true|1|yes)$/i.test(text)) return true;
  if (/^(off|false|0|no)$/i.test(text)) return false;
  throw new Error('must be on or off');
}

function parseOrigins(text: string): string[] {
  const origins = text.split(',').map((origin) => origin.trim());
  checkOrigins(origins);
  return origins;
}

/** Throws an Error that says what origins must be, if one is not as browsers send it. */
export function checkOrigins(origins: readonly string[]): void {
  if (origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)) return;
  throw new Error('must be an origin such as https://app.example.com, without a path');
}

function parseHosts(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  checkHosts(names);
  return names;
}

/** Throws an Error that says what names must be, if one is not the name of a host. */
export function checkHosts(names: readonly string[]): void {
  if (names.every((name) => /^[\w-]+(\.[\w-]+)*$/.test(name))) return;
  throw new Error('must be a name such as people.example.com, without a port');
}

/** More than this is a typing error: processes beyond the number of cores gain nothing. */
const MAX_PROCESSES = 256;

/** Parses a number of processes, or `auto`, which is the number of cores. */
function parseProcesses(text: string): number {
  if (text.toLowerCase() === 'auto') return Math.min(availableParallelism(), MAX_PROCESSES);
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_PROCESSES) return Number(text);
  throw new Error(`must be a number from 1 to ${MAX_PROCESSES}, or auto`);
}

function parseBoolean(text: string): boolean {
  if (['true', '1', 'yes', 'on'].includes(text.toLowerCase())) return true;
  if (['false', '0', 'no', 'off', ''].includes(text.toLowerCase())) return false;
  throw new Error('must be true or false');
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((name) => name === text.toLowerCase());
  if (level !== undefined) return level;
  throw new Error(`must be one of ${logLevels.join(', ')}${didYouMean(text, logLevels)}`);
}

/** Throws an Error that says what a country must be. */
function parseCountry(text: string): string {
  if (!/^[a-z]{2}$/i.test(text)) throw new Error('must be a country code such as AR');
  return text.toUpperCase();
}

/** Throws an Error that says what an address to listen on must be. */
export function parseAddress(text: string): string {
  const address = text.trim();
  checkAddresses([address]);
  return address;
}

function parseAddresses(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim());
  checkAddresses(addresses);
  return addresses;
}

/**
 * Throws an Error that says what addresses to listen on must be, if one is invalid or if two are
 * the same. Port 0 may be given several times: each takes a port of its own.
 */
export function checkAddresses(addresses: readonly string[]): void {
  const seen = new Set<string>();
  for (const address of addresses) {
    const parsed = parseHostPort(address, 'listen');
    if (parsed === undefined) throw new Error('must be HOST:PORT');
    const key = formatHostPort(parsed).toLowerCase();
    if (parsed.port !== 0 && seen.has(key)) throw new Error('must not name an address twice');
    seen.add(key);
  }
}
