/**
 * Every text of grpc-js, Node and OpenSSL that the client recognizes, as of grpc-js 1.14 and
 * Node 20 to 24. None of them decides whether a call is sent. If a text changes, the error keeps its
 * code and the original text, and only loses its advice; for `CLOSED_SESSION` it keeps the code
 * INTERNAL, and the call is not retried. grpc-js-texts.test.ts provokes the situations.
 */

/** grpc-js resolver-dns.ts, `Name resolution failed for target`; error codes of Node's dns. */
export const UNKNOWN_HOST = /name resolution failed|ENOTFOUND|EAI_AGAIN/i;

/** Node's tls.checkServerIdentity: `Hostname/IP does not match certificate's altnames`. */
export const WRONG_CERTIFICATE_NAME = /certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID/i;

/** OpenSSL x509_txt.c: `certificate has expired`, `certificate is not yet valid`. */
export const EXPIRED_CERTIFICATE = /certificate (has expired|is not yet valid)/i;

/** OpenSSL x509_txt.c: `self-signed certificate`, `unable to get local issuer certificate`. */
export const UNTRUSTED_CERTIFICATE =
  /self.signed certificate|unable to (verify|get) .*certificate|issuer certificate/i;

/** OpenSSL ssl_err.c, when the server closes with a TLS alert: `tlsv13 alert certificate required`. */
export const TLS_ALERT = /\b(tlsv\d+|sslv3|ssl\/tls) alert /i;

/** OpenSSL ssl_err.c, when the server does not reply in TLS. */
export const NOT_TLS = /wrong version number|packet length too long|\bEPROTO\b/i;

/** Error codes of Node's net: the port of an address, or the file of a socket. */
export const NOTHING_LISTENS = /\b(ECONNREFUSED|ENOENT)\b/;

/** nghttp2_strerror(), passed on by Node's http2: the other side does not speak HTTP/2. */
export const NOT_HTTP2 = /\bprotocol error\b/i;

/** Error codes of Node's net. */
export const UNREACHABLE = /\b(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/;

/**
 * grpc-js subchannel-call.ts `Connection dropped`, transport.ts `Failed to connect`; Node's net
 * `ECONNRESET`; Node's http2, for a stream on a session that is closing: `ERR_HTTP2_GOAWAY_SESSION`.
 */
export const CONNECTION_LOST =
  /failed to connect|connection (dropped|closed)|\bECONNRESET\b|\bGOAWAY\b|(socket|session) (has been )?(closed|destroyed)/i;

/** grpc-js subchannel-call.ts around Node's http2, `ERR_HTTP2_SESSION_ERROR`. */
export const CLOSED_SESSION = /^Received RST_STREAM .*: Session closed with error code/;

/**
 * The last cause in a status text, on one line. grpc-js wraps the causes of a failed connection in
 * each other (load-balancer-round-robin.ts, load-balancer-pick-first.ts) and appends the time
 * (transport.ts); Node gives the whole error queue of OpenSSL, with source files and line numbers.
 */
export function lastCause(details: string): string {
  const [last = ''] = details.split('Last error: ').slice(-1);
  return last
    .replace(/^Error(?: \[\w+\])?: /, '')
    .replace(/\.? *Resolution note: *$/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '')
    .replace(/(?:[0-9A-F]+:)?error:[0-9A-F]+:[\w ]*:[\w ]*:([^:]+):[^\n]*/g, 'TLS: $1')
    .replace(/\s+/g, ' ')
    .trim();
}
