/** What to do about a failed connection, by what grpc-js and Node say about it; first match. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /name resolution failed|ENOTFOUND|EAI_AGAIN/i,
    'the host name is not known here: check its spelling and the DNS of this machine',
  ],
  [
    /altnames|ERR_TLS_CERT_ALTNAME_INVALID/i,
    "the server's certificate is for another name: connect under a name that it lists",
  ],
  [/certificate has expired|not yet valid/i, "renew the server's certificate, or set the clock"],
  [
    /self.signed|unable to (verify|get)|unknown ca|issuer certificate/i,
    'the certificate is not signed by a known authority: give the right one as tls.ca',
  ],
  [
    /alert|certificate required|bad certificate/i,
    'the server refused the TLS connection: it may ask for a client certificate in tls.cert and tls.key',
  ],
  [
    /wrong version number|packet length too long|EPROTO/i,
    'the server does not speak TLS on that port: leave out tls, or use its TLS port',
  ],
  [
    /no connection to .* within/i,
    'the server does not answer: check its address, and whether it is frozen or behind a firewall',
  ],
  [
    /ECONNREFUSED|ENOENT/,
    'nothing listens there: check that the server runs, and its host and port',
  ],
  [
    /protocol error/i,
    'what listens there does not speak gRPC: check the host and the port; it may want tls',
  ],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'the host cannot be reached: check the address, the network and the firewall',
  ],
  [
    /keepalive|ping/i,
    'the server stopped answering: it is overloaded, frozen, or cut off from the network',
  ],
  [
    /failed to connect|ECONNRESET|socket hang up|connection (dropped|closed)|GOAWAY|(socket|session) closed/i,
    'the connection was lost: the server may have stopped or be frozen, or may expect TLS, or another client certificate',
  ],
];

/** What to do about a connection that failed for this reason, if that is known. */
export function adviceFor(details: string): string | undefined {
  return ADVICE.find(([pattern]) => pattern.test(details))?.[1];
}
