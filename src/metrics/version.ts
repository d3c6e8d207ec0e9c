import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gauge, sample, type MetricObject } from './metric-object.js';

/** The version of this package, and of Node. */
export function buildInfo(): MetricObject {
  const labels = { version: packageVersion(), node: process.version };
  return gauge('personguide_build_info', 'Versions.', [sample(1, labels)], 'first');
}

/** Of the nearest package.json: the sources and what is built from them are not equally deep. */
function packageVersion(folder = __dirname): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return packageVersion(dirname(folder));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
