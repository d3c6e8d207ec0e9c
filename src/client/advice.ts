import {
  CONNECTION_LOST,
  EXPIRED_CERTIFICATE,
  NOT_HTTP2,
  NOT_TLS,
  NOTHING_LISTENS,
  TLS_ALERT,
  UNKNOWN_HOST,
  UNREACHABLE,
  UNTRUSTED_CERTIFICATE,
  WRONG_CERTIFICATE_NAME,
} from './grpc-js-texts.js';

/** The status text of a call that waited for a connection and got none. adviceFor() recognizes it. */
export function noConnectionText(addresses: readonly string[], waitedMs: number): string {
  return `no connection to ${addresses.join(', ')} within ${waitedMs} ms`;
}

const NO_CONNECTION = /^no connection to .* within \d+ ms$/;

/** What to do about a failed connection, by its status text. The first match counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    NO_CONNECTION,
    'the server does not respond: check its address, and whether it is frozen or behind a firewall',
  ],
  [
    UNKNOWN_HOST,
    'the host name is unknown: check its spelling and the DNS settings of this machine',
  ],
  [
    WRONG_CERTIFICATE_NAME,
    "the server's certificate is for another name: connect to a name that it lists, or set tls.serverName to one",
  ],
  [EXPIRED_CERTIFICATE, "renew the server's certificate, or correct the clock of this machine"],
  [
    UNTRUSTED_CERTIFICATE,
    'the certificate is not signed by a trusted authority: set tls.ca to the authority that signed it',
  ],
  [
    TLS_ALERT,
    'the server refused the TLS connection: it may require a client certificate in tls.cert and tls.key',
  ],
  [NOT_TLS, 'the server does not use TLS on that port: leave out tls, or connect to its TLS port'],
  [NOTHING_LISTENS, 'nothing listens there: check that the server runs, and its host and port'],
  [
    NOT_HTTP2,
    'the program on that port does not speak gRPC: check the host and the port, and whether it requires tls',
  ],
  [UNREACHABLE, 'the host cannot be reached: check the address, the network and the firewall'],
  [
    CONNECTION_LOST,
    'the connection was lost: the server may have stopped or be frozen, or may expect TLS or another client certificate',
  ],
];

/** What to do about a connection that failed with this status text, if that is known. */
export function adviceFor(details: string): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(details))?.[1];
}
