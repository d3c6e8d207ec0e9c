import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsFiles } from './listen.js';
import type { Log } from './log.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Certificates that expire earlier are reported. */
const SOON_DAYS = 30;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Warns of each certificate that is not valid now, or that expires within 30 days. */
export function warnOfExpiry(tls: TlsFiles | undefined, log: Pick<Log, 'warn'>): void {
  for (const file of [tls?.cert, tls?.clientCa]) {
    if (file === undefined) continue;
    for (const [pem] of readFileSync(file, 'latin1').matchAll(CERTIFICATE)) {
      const certificate = new X509Certificate(pem);
      const problem = validityProblem(certificate, Date.now());
      const { subject, validFrom, validTo } = certificate;
      if (problem !== undefined) log.warn({ file, subject, validFrom, validTo }, problem);
    }
  }
}

/** What is wrong with the period of a certificate at that time; undefined if nothing is. */
export function validityProblem(
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  nowMs: number,
): string | undefined {
  const leftMs = Date.parse(validTo) - nowMs;
  if (leftMs <= 0) return `the certificate expired on ${validTo}`;
  if (Date.parse(validFrom) > nowMs) return `the certificate is not valid before ${validFrom}`;
  if (leftMs > SOON_DAYS * DAY_MS) return undefined;
  return `the certificate expires on ${validTo}, in ${Math.floor(leftMs / DAY_MS)} days`;
}
