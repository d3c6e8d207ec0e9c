import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { DirectoryError } from '../../directory/errors.js';
import { redactedStoreUrl } from '../redacted-url.js';

/** One way to connect: a host, with or without TLS. */
export interface Candidate {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly ssl: false | TlsSettings;
}

/** The TLS options of Node that `sslmode` and its companions stand for. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/** What a PostgreSQL URL says. */
export interface ConnectionSettings {
  /** Tried in turn. */
  readonly candidates: readonly Candidate[];
  /** Undefined where `pg` shall use libpq's defaults: PGUSER, PGPASSWORD, ~/.pgpass and so on. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** Command-line options of the session, such as `-c search_path=people`. */
  readonly options: string | undefined;
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  /** Whether a server that accepts only reads is skipped. */
  readonly readWrite: boolean;
  /** The largest number of connections. */
  readonly poolSize: number;
}

const DEFAULT_PORT = 5432;
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 3;
const DEFAULT_POOL_SIZE = 10;

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const TARGETS = ['any', 'read-write', 'primary'];

const URL_PARTS = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;

/**
 * Reads a URL as libpq does (https://www.postgresql.org/docs/current/libpq-connect.html), with
 * several hosts and the parameters below, and `pool_size`. Throws CANNOT_OPEN_STORE; the message
 * has no password.
 */
export function parsePostgresUrl(url: string): ConnectionSettings {
  const fail = (problem: string): DirectoryError =>
    new DirectoryError('unavailable', `cannot open ${redactedStoreUrl(url)}: ${problem}`, {
      code: 'CANNOT_OPEN_STORE',
    });
  const match = URL_PARTS.exec(url);
  if (match === null) {
    throw fail('the URL is invalid; escape @ / ? # in its parts as %40 %2F %3F %23');
  }
  const [, credentials = '', hosts = '', database = '', query = ''] = match;
  try {
    return toSettings(new Parameters(credentials, hosts, database, query));
  } catch (error) {
    throw error instanceof ParameterError ? fail(error.message) : error;
  }
}

/** The message names a parameter and never its value, which may be secret. */
class ParameterError extends Error {}

function toSettings(parameters: Parameters): ConnectionSettings {
  const target = parameters.oneOf('target_session_attrs', TARGETS) ?? 'any';
  const encoding = parameters.take('client_encoding')?.toLowerCase() ?? 'utf8';
  if (!['utf8', 'utf-8', 'auto'].includes(encoding)) {
    throw new ParameterError('client_encoding must be UTF8');
  }
  const settings: ConnectionSettings = {
    candidates: parameters.candidates(),
    user: parameters.take('user'),
    password: parameters.take('password'),
    database: parameters.take('dbname'),
    options: parameters.take('options'),
    applicationName: parameters.take('application_name') ?? 'personguide',
    connectTimeoutMs:
      1000 * (parameters.positive('connect_timeout') ?? DEFAULT_CONNECT_TIMEOUT_SECONDS),
    readWrite: target !== 'any',
    poolSize: parameters.positive('pool_size') ?? DEFAULT_POOL_SIZE,
  };
  parameters.expectNoneLeft();
  return settings;
}

/** The parts and parameters of a URL, by the names that libpq has for them. */
class Parameters {
  readonly #values = new Map<string, string>();
  readonly #hosts: readonly (readonly [host: string, port: string])[];

  constructor(credentials: string, hosts: string, database: string, query: string) {
    const [user = '', ...password] = credentials.split(':');
    this.#set('user', user);
    this.#set('password', password.join(':'));
    this.#set('dbname', database);
    for (const pair of query.split('&')) {
      const [name = '', ...value] = pair.split('=');
      if (pair !== '') this.#set(decoded(name), value.join('='));
    }
    this.#hosts = hosts.split(',').map(splitHost);
  }

  #set(name: string, encodedValue: string): void {
    if (encodedValue !== '') this.#values.set(name, decoded(encodedValue));
  }

  /** The value of a parameter, which then counts as read. */
  take(name: string): string | undefined {
    const value = this.#values.get(name);
    this.#values.delete(name);
    return value;
  }

  oneOf(name: string, values: readonly string[]): string | undefined {
    const value = this.take(name);
    if (value === undefined || values.includes(value)) return value;
    throw new ParameterError(`${name} must be one of ${values.join(', ')}`);
  }

  positive(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined || /^[1-9]\d{0,5}$/.test(value)) {
      return (value && Number(value)) || undefined;
    }
    throw new ParameterError(`${name} must be a whole number above 0`);
  }

  candidates(): Candidate[] {
    const hosts = this.take('host')?.split(',') ?? this.#hosts.map(([host]) => host);
    const ports = this.take('port')?.split(',') ?? this.#hosts.map(([, port]) => port);
    const mode = this.oneOf('sslmode', SSL_MODES) ?? 'prefer';
    const tls = this.#tlsOf(mode);
    return hosts.flatMap((host, index) => {
      const port = toPort(ports[index] ?? (ports.length === 1 ? ports[0] : undefined));
      const name = host === '' ? 'localhost' : host;
      // A Unix socket does not have TLS.
      const kinds = name.startsWith('/') ? [false] : tls;
      return kinds.map((withTls) => ({
        host: name,
        port,
        ssl: withTls && this.#tlsFor(name, mode),
      }));
    });
  }

  /** With TLS, without, or first one and then the other. */
  #tlsOf(mode: string): readonly boolean[] {
    if (mode === 'disable') return [false];
    if (mode === 'allow') return [false, true];
    return mode === 'prefer' ? [true, false] : [true];
  }

  #files: Pick<TlsSettings, 'ca' | 'cert' | 'key'> | undefined;

  #tlsFor(host: string, mode: string): TlsSettings {
    this.#files ??= this.#readFiles();
    // As in libpq, `require` verifies the certificate if it is given an authority.
    const verifies =
      mode.startsWith('verify') || (mode === 'require' && this.#files.ca !== undefined);
    return {
      ...this.#files,
      rejectUnauthorized: verifies,
      // Not the host that Node passes: there is none if the server is named by its address.
      checkServerIdentity: (_, certificate) =>
        mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    };
  }

  #readFiles(): Pick<TlsSettings, 'ca' | 'cert' | 'key'> {
    const ca = this.take('sslrootcert');
    const cert = this.take('sslcert');
    const key = this.take('sslkey');
    return {
      ...(ca !== undefined && ca !== 'system' && { ca: read('sslrootcert', ca) }),
      ...(cert !== undefined && { cert: read('sslcert', cert) }),
      ...(key !== undefined && { key: read('sslkey', key) }),
    };
  }

  expectNoneLeft(): void {
    // Read only if there is TLS.
    for (const name of ['sslrootcert', 'sslcert', 'sslkey']) this.#values.delete(name);
    const [unknown] = this.#values.keys();
    if (unknown !== undefined) throw new ParameterError(`unknown parameter ${unknown}`);
  }
}

function splitHost(text: string): readonly [host: string, port: string] {
  const [, bracketed, plain = '', port = ''] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  return [decoded(bracketed ?? plain), port];
}

function toPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new ParameterError('a port must be a number from 1 to 65535');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ParameterError('the URL has an invalid %-escape');
  }
}

function read(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ParameterError(`${parameter} ${path} cannot be read: ${(error as Error).message}`);
  }
}
