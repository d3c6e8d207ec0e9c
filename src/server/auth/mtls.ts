import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Call, Connection, Principal } from '../../rpc/index.js';
import { watchFiles } from '../file-watch.js';
import { StartError } from '../listen.js';
import type { Log } from '../log.js';
import type { Authenticator } from './authenticator.js';
import { InvalidCredential } from './refusals.js';

/** The scopes of each client, by a name in its certificate such as `DNS:orders.example.com`. */
type Clients = ReadonlyMap<string, ReadonlySet<string>>;

interface KnownCertificate {
  readonly clients: Clients;
  readonly principal: Principal;
  readonly validToMs: number;
}

const CLIENT_NAME = /^(?:CN|DNS|URI|email):\S/;

/** A name in a list that Node prints; one that needs quotes is not an ordinary name. */
const ALTERNATIVE_NAME = /(?:^|, )((?:DNS|URI|email):[^",\s]+)(?=$|, )/g;

/**
 * Takes callers by the certificate of their connection. `file` lists the clients; it is read again
 * when it changes. A client that it does not list has no scopes.
 */
export function certificateAuthenticator(
  file: string,
  knownScopes: ReadonlySet<string>,
  log: Pick<Log, 'info' | 'warn'>,
  nowMs: () => number = () => Date.now(),
): Authenticator {
  const known = new WeakMap<Connection, KnownCertificate>();
  let clients = readClients(file, knownScopes);
  const close = watchFiles([file], () => {
    try {
      clients = readClients(file, knownScopes);
      log.info({ file }, 'the list of clients was read again');
    } catch (error) {
      log.warn({ file, reason: (error as Error).message }, 'the list of clients is left as it was');
    }
  });

  function look({ certificate }: Connection): KnownCertificate {
    if (certificate === undefined) throw new InvalidCredential('no client certificate');
    const principal = principalOf(certificate, clients);
    return { clients, principal, validToMs: Date.parse(certificate.validTo) };
  }

  function authenticate({ connection }: Call): Principal {
    if (connection === undefined) throw new InvalidCredential('the connection is gone');
    let found = known.get(connection);
    if (found?.clients !== clients) {
      found = look(connection);
      known.set(connection, found);
    }
    // TLS has checked that only when the connection was opened.
    if (!(nowMs() < found.validToMs)) throw new InvalidCredential('the certificate has expired');
    return found.principal;
  }

  return { authenticate, checkAgain: authenticate, close };
}

function principalOf(certificate: X509Certificate, clients: Clients): Principal {
  const names = namesOf(certificate);
  const listed = names.find((name) => clients.has(name));
  const subject = listed ?? names[0] ?? 'unnamed';
  const scopes = (listed === undefined ? undefined : clients.get(listed)) ?? new Set();
  return { kind: 'mtls', subject, name: subject, scopes };
}

/** Alternative names first: the common name is free text. */
function namesOf(certificate: X509Certificate): string[] {
  const { subjectAltName = '' } = certificate;
  const names = Array.from(subjectAltName.matchAll(ALTERNATIVE_NAME), ([, name = '']) => name);
  const commonName: unknown = certificate.toLegacyObject().subject.CN;
  return typeof commonName === 'string' ? [...names, `CN:${commonName}`] : names;
}

function readClients(file: string, knownScopes: ReadonlySet<string>): Clients {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new StartError(`cannot read the clients in ${file}: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new StartError(
      `${file} must be an object such as {"DNS:orders.example.com": ["people:read"]}`,
    );
  }
  return new Map(
    Object.entries(json).map(([name, scopes]) => {
      const problem = problemWith(name, scopes, knownScopes);
      if (problem !== undefined) throw new StartError(`${file}: ${problem}`);
      return [name, new Set(scopes as string[])];
    }),
  );
}

function problemWith(
  name: string,
  scopes: unknown,
  knownScopes: ReadonlySet<string>,
): string | undefined {
  if (!CLIENT_NAME.test(name)) return `"${name}" must begin with DNS:, URI:, email: or CN:`;
  if (!Array.isArray(scopes)) return `the scopes of "${name}" must be a list`;
  const unknown = (scopes as unknown[]).find(
    (scope) => typeof scope !== 'string' || !knownScopes.has(scope),
  );
  return unknown === undefined
    ? undefined
    : `the scope ${JSON.stringify(unknown)} of "${name}" is unknown`;
}
