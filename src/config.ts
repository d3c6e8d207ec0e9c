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

/** A complete and checked configuration of the directory. */
export interface Config {
  /** Addresses to listen on, as HOST:PORT; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Addresses to listen on if they are free; otherwise the log has a warning. */
  readonly optionalListen: readonly string[];
  /** A database file, a `postgres://` URL, or `:memory:`. */
  readonly store: string;
  /** Whether a store without people gets those of the tutorial. */
  readonly demo: boolean;
  readonly logLevel: LogLevel;
  /** How long calls may continue when the server stops, in milliseconds. */
  readonly shutdownGraceMs: number;
  /** Whether addresses beyond loopback are allowed without TLS. */
  readonly insecure: boolean;
  /** Undefined: plain text. */
  readonly tls?: TlsFiles | undefined;
  /** What one server takes from strangers. */
  readonly limits: Limits;
}

/** A setting is invalid; the message names its flag or its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The values of the settings, one for each flag. */
interface SettingValues extends Omit<Config, 'tls' | 'optionalListen' | 'limits'> {
  readonly limits: Limits | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
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
  demo: {
    flag: '--demo',
    variable: 'PERSONGUIDE_DEMO',
    default: 'false',
    parse: parseBoolean,
    help: "put the tutorial's ten people into a store without people",
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
  insecure: {
    flag: '--insecure',
    variable: 'PERSONGUIDE_INSECURE',
    default: 'false',
    parse: parseBoolean,
    help: 'allow addresses beyond loopback without TLS',
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
  const { tlsCert, tlsKey, tlsClientCa, limits = defaultLimits, ...others } = values;
  const isDefault = (flags['listen'] ?? environment[settings.listen.variable]) === undefined;
  const optionalListen = others.demo && isDefault ? [TUTORIAL_ADDRESS] : [];
  return { ...others, optionalListen, tls: tlsFiles(tlsCert, tlsKey, tlsClientCa), limits };
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
