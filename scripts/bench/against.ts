import { readFileSync } from 'node:fs';
import type { ClientResult } from './client.js';
import type { Comparison } from './compare.js';
import type { Report } from './report.js';

/** An earlier run, to compare this one with. */
export type EarlierReport = Pick<Report, 'environment' | 'comparisons' | 'client'>;

/** What is compared: more per second, and less CPU, is better. */
export interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Reads what `--json` has written. Throws an error that names the file if it is something else. */
export function readReport(file: string): EarlierReport {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  if (!isReport(report)) throw new Error(`${file} was not written by --json of this program`);
  return report;
}

/** How this run's figures of a server are to those of the earlier run; undefined if it had none. */
export function earlierServer(
  { comparisons = [] }: EarlierReport,
  caseName: string,
  server: string,
): Measured | undefined {
  const results = comparisons.find(({ name }: Comparison) => name === caseName)?.results;
  const found = results?.find((result) => result.server === server);
  return (
    found && {
      perSecond: found.perSecond.median,
      cpuMicros: found.cpuMicrosPerOperation.median,
    }
  );
}

/** The figures of a client in the earlier run. */
export function earlierClient(
  { client = [] }: EarlierReport,
  kind: ClientResult['kind'],
  name: string,
): Measured | undefined {
  const clients = client.find((result) => result.kind === kind)?.clients;
  const found = clients?.find((one) => one.client === name);
  return found && { perSecond: found.perSecond.median, cpuMicros: found.cpuMicrosEach.median };
}

function isReport(value: unknown): value is EarlierReport {
  if (typeof value !== 'object' || value === null || !('environment' in value)) return false;
  const { comparisons = [], client = [] } = value as EarlierReport;
  return (
    Array.isArray(comparisons) &&
    Array.isArray(client) &&
    comparisons.every(({ results }) => Array.isArray(results)) &&
    client.every(({ clients }) => Array.isArray(clients))
  );
}
