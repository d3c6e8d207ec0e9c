import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import type { TlsFiles } from '../config.js';

/** What a client needs to trust a server. */
export interface Trust {
  /** The file to trust; `system` if the authority is one that Node trusts; undefined if unknown. */
  readonly authority: { readonly file: string } | 'system' | undefined;
  /** The name of the authority that has signed the certificate. */
  readonly issuer: string;
  /** The names and addresses in the certificate. */
  readonly names: readonly string[];
  /** Whether the certificate is valid for a host. */
  readonly isFor: (host: string) => boolean;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Finds out how a client can trust the certificate of a server. The files have been checked. */
export function trustOf({ cert, clientCa }: TlsFiles): Trust {
  const chain = certificatesIn(cert);
  const leaf = chain[0] ?? new X509Certificate(readFileSync(cert));
  const last = chain.at(-1) ?? leaf;
  return {
    authority: authorityOf(last, cert, clientCa),
    issuer: last.issuer.replaceAll('\n', ', '),
    names: namesOf(leaf),
    isFor: (host) => (leaf.checkHost(host) ?? leaf.checkIP(host)) !== undefined,
  };
}

function authorityOf(
  last: X509Certificate,
  cert: string,
  clientCa: string | undefined,
): Trust['authority'] {
  if (isSignedBy(last, last)) return { file: cert };
  if (clientCa !== undefined && certificatesIn(clientCa).some((ca) => isSignedBy(last, ca))) {
    return { file: clientCa };
  }
  const roots = rootCertificates.map((pem) => new X509Certificate(pem));
  return roots.some((root) => isSignedBy(last, root)) ? 'system' : undefined;
}

function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function certificatesIn(file: string): X509Certificate[] {
  const pems = readFileSync(file, 'latin1').matchAll(CERTIFICATE);
  return Array.from(pems, ([pem]) => new X509Certificate(pem));
}

/** `DNS:localhost, IP Address:127.0.0.1` -> `localhost`, `127.0.0.1` */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return Array.from(
    subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g),
    ([, name = '']) => name,
  );
}
