import type { Auth, Config, TlsFiles } from '../config.js';
import { formatHostPort, parseHostPort } from '../host-port.js';
import { redactedStoreUrl } from '../store/open.js';
import { trustOf, type Trust } from './certificate-trust.js';

/** What the banner shows of the configuration. */
type BannerConfig = Pick<Config, 'store' | 'demo' | 'tls' | 'auth' | 'optionalListen'>;

/** What `serve` prints when it listens: the addresses, and commands to try. */
export function banner(addresses: readonly string[], config: BannerConfig): string {
  const { store, demo, tls, auth, optionalListen } = config;
  const trust = tls && trustOf(tls);
  const address = addressFor(addresses[0] ?? '', trust);
  const needsToken = auth.kind === 'keys' || auth.kind === 'jwt';
  const tokenFlag = needsToken ? ['--token TOKEN'] : [];
  const tokenHeader = needsToken ? ["-H 'authorization: Bearer TOKEN'"] : [];
  const flags = ['', `--address ${address}`, ...clientFlags(tls, trust), ...tokenFlag].join(' ');
  const data = `-d '{"id": 1}'`;
  const curlFlags = ['', ...curlFlagsOf(tls, trust), ...tokenHeader, data].join(' ');
  const scheme = tls === undefined ? 'http' : 'https';
  const lines = [
    `PersonGuide listens on ${addresses.join(' and ')} and keeps people and users in ${redactedStoreUrl(store)}.`,
    ...unavailable(optionalListen, addresses),
    'Try in another terminal:',
    `  npx personguide ${demo ? 'list "my adress"' : 'list'}${flags}`,
    `  npx personguide phone 1${flags}`,
    `  npx buf curl --protocol grpc${curlFlags} ${scheme}://${address}/personguide.PersonGuide/GetPhone`,
    ...explanations(tls, trust),
    ...tokenExplanations(auth),
    'Stop with Ctrl+C.',
  ];
  return `${lines.join('\n')}\n`;
}

function unavailable(optional: readonly string[], addresses: readonly string[]): string[] {
  return optional
    .filter((address) => !address.endsWith(':0') && !addresses.includes(address))
    .map((address) => `It does not listen on ${address}, which is not available; see the log.`);
}

/** An address that a client can connect to, with a host that the certificate is valid for. */
function addressFor(listened: string, trust: Trust | undefined): string {
  const parsed = parseHostPort(listened, 'listen');
  if (parsed === undefined) return listened;
  const { port } = parsed;
  const host = ['0.0.0.0', '::'].includes(parsed.host) ? 'localhost' : parsed.host;
  if (trust === undefined || trust.isFor(host)) return formatHostPort({ host, port });
  const named = ['localhost', ...trust.names].find((name) => trust.isFor(name));
  return formatHostPort({ host: named ?? host, port });
}

/** Stands for the file of an authority that the server does not have. */
const CA_FILE = 'CA.pem';
const CLIENT_CERT_FILE = 'CLIENT.pem';
const CLIENT_KEY_FILE = 'CLIENT-KEY.pem';

/** The file to trust; undefined for the authorities of the system. */
function trustedFile({ authority }: Trust): string | undefined {
  return authority === 'system' ? undefined : (authority?.file ?? CA_FILE);
}

function clientFlags(tls: TlsFiles | undefined, trust: Trust | undefined): string[] {
  if (tls === undefined || trust === undefined) return [];
  const file = trustedFile(trust);
  return [
    file === undefined ? '--tls' : `--tls-ca ${file}`,
    ...(tls.clientCa === undefined
      ? []
      : [`--tls-cert ${CLIENT_CERT_FILE} --tls-key ${CLIENT_KEY_FILE}`]),
  ];
}

function curlFlagsOf(tls: TlsFiles | undefined, trust: Trust | undefined): string[] {
  if (tls === undefined || trust === undefined) return ['--http2-prior-knowledge'];
  const file = trustedFile(trust);
  return [
    ...(file === undefined ? [] : [`--cacert ${file}`]),
    ...(tls.clientCa === undefined ? [] : [`--cert ${CLIENT_CERT_FILE} --key ${CLIENT_KEY_FILE}`]),
  ];
}

function tokenExplanations(auth: Auth): string[] {
  switch (auth.kind) {
    case 'keys':
      return [
        'TOKEN is a key that `npx personguide keys add NAME --scope people:read` has printed.',
      ];
    case 'jwt':
      return [`TOKEN is a token of ${auth.issuer} with the scope people:read.`];
    default:
      return [];
  }
}

/** What to put in the place of files that the server does not have. */
function explanations(tls: TlsFiles | undefined, trust: Trust | undefined): string[] {
  return [
    ...(trust !== undefined && trust.authority === undefined
      ? [`${CA_FILE} is the certificate of the authority ${trust.issuer}.`]
      : []),
    ...(tls?.clientCa === undefined
      ? []
      : [
          `${CLIENT_CERT_FILE} is a certificate that is signed by one in ${tls.clientCa}; ` +
            `${CLIENT_KEY_FILE} is its key.`,
        ]),
  ];
}
