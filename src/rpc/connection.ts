import type { X509Certificate } from 'node:crypto';

/** What is known of the connection that a call came on; the same object for all calls on it. */
export interface Connection {
  /** The client's certificate, which TLS has verified; undefined without one. */
  readonly certificate: X509Certificate | undefined;
}
