import { Option } from 'commander';
import { parseHostPort } from './host-port.js';

/** From everything to nothing. */
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** How `personguide serve` runs. */
export interface Config {
  /** Addresses to listen on, as HOST:PORT; port 0 takes a free one. */
  readonly listen: readonly string[];
  /** A database file, or `:memory:`. */
  readonly store: string;
  /** Put the tutorial's people into a store that has none. */
  readonly demo: boolean;
  readonly logLevel: (typeof logLevels)[number];
  /** How long open streams may go on when the server stops, in milliseconds. */
  readonly shutdownGraceMs: number;
  /** Allow addresses beyond loopback without TLS. */
  readonly insecure: boolean;
  /** PEM files. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  readonly tlsClientCa: string | undefined;
}

/** A setting that cannot be read; the message names the flag and the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Setting<T> {
  /** As commander writes it: `--store <file>`. */
  readonly flag: string;
  readonly variable: string;
  /** As text, for the help; undefined where there is none. */
  readonly default: string | undefined;
  readonly parse: (text: string) => T;
  readonly help: string;
}

/** Every setting of the server. The only place that knows flags, variables and defaults. */
export const settings: { readonly [Name in keyof Config]: Setting<Config[Name]> } = {
  listen: {
    flag: '--listen <host:port...>',
    variable: 'PERSONGUIDE_LISTEN',
    default: '127.0.0.1:50051,127.0.0.1:8080',
    parse: parseAddresses,
    help: 'address to listen on, may be repeated; port 0 takes a free one',
  },
  store: {
    flag: '--store <file>',
    variable: 'PERSONGUIDE_STORE',
    default: 'personguide.db',
    parse: parseFile,
    help: 'database file, or :memory:',
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
    help: 'how long open calls may go on after SIGTERM, such as 500ms, 10s or 1m',
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
    help: 'PEM private key',
  },
  tlsClientCa: {
    flag: '--tls-client-ca <file>',
    variable: 'PERSONGUIDE_TLS_CLIENT_CA',
    default: undefined,
    parse: parseFile,
    help: 'PEM certificates; clients must show one that these have signed',
  },
};

const names = Object.keys(settings) as (keyof Config)[];

/** The settings as options of a command. */
export function settingOptions(): Option[] {
  return names.map((name) => {
    const { flag, variable, default: byDefault, help } = settings[name];
    const shown = byDefault === undefined || byDefault === 'false' ? '' : `, default ${byDefault}`;
    return new Option(flag, `${help} (${variable}${shown})`);
  });
}

/**
 * Reads the settings: the flag if given, else the variable, else the default.
 * Fails with a ConfigError at the first one that cannot be read.
 */
export function readConfig(
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const read = (name: keyof Config): unknown => {
    const setting = settings[name];
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
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as unknown as Config;
}

/** `--log-level <level>` -> `--log-level` */
function flagName(flag: string): string {
  return flag.split(' ', 1)[0] ?? flag;
}

/** `--log-level <level>` -> `logLevel`, as commander names it. */
function flagKey(flag: string): string {
  return new Option(flag).attributeName();
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

function parseLogLevel(text: string): Config['logLevel'] {
  const level = logLevels.find((name) => name === text.toLowerCase());
  if (level === undefined) throw new Error(`must be one of ${logLevels.join(', ')}`);
  return level;
}

/** Parses `500ms`, `10s`, `1.5m` or `1h` into milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  if (match === null) throw new Error('must be a duration such as 500ms, 10s or 1m');
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Number(match[1]) * unitMs;
}

function parseAddresses(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim());
  if (addresses.some((address) => parseHostPort(address, 'listen') === undefined)) {
    throw new Error('must be HOST:PORT');
  }
  return addresses;
}
