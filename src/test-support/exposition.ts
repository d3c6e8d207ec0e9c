import { connect } from 'node:net';

/** A sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar: Readonly<Record<string, string>> | undefined;
}

/** A metric of a scrape. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly samples: Sample[];
}

/** All metrics of a scrape, by name. */
export type Scrape = ReadonlyMap<string, Family>;

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const NUMBER = '[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|NaN';
const LABELS = '(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*",?)*';
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABELS})\\})? (${NUMBER})(?: # \\{(${LABELS})\\} (${NUMBER}) \\d+(?:\\.\\d+)?)?$`,
  'i',
);

/**
 * Parses the text format of Prometheus, or that of OpenMetrics if it is `open`. Throws an Error with
 * the line for everything that the format does not allow, and for histograms that do not add up.
 */
export function parseScrape(text: string, { open = false } = {}): Scrape {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  if (open && lines.pop() !== '# EOF') throw new Error('# EOF is missing');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let family: Family | undefined;
  for (const line of lines) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (line === '' && !open) continue;
    if (kind === 'HELP') {
      if (families.has(name) || rest === '') throw new Error(`a second or empty help: ${line}`);
      family = undefined;
    } else if (kind === 'TYPE') {
      if (families.has(name)) throw new Error(`a second type: ${line}`);
      if (!/^(?:counter|gauge|histogram|summary)$/.test(rest)) throw new Error(line);
      family = { name, type: rest, samples: [] };
      families.set(name, family);
    } else {
      if (family === undefined) throw new Error(`a sample without a type: ${line}`);
      family.samples.push(parseSample(line, family, open, seen));
    }
  }
  for (const each of families.values()) if (each.type === 'histogram') checkHistogram(each);
  return families;
}

function parseSample(line: string, family: Family, open: boolean, seen: Set<string>): Sample {
  const [, name = '', labels = '', value = '', exemplar, exemplarValue] = SAMPLE.exec(line) ?? [];
  if (name === '') throw new Error(`not a sample: ${line}`);
  const suffix = name.startsWith(family.name) ? name.slice(family.name.length) : undefined;
  if (!suffixesOf(family.type, open).includes(suffix ?? '?')) {
    throw new Error(`not a sample of ${family.type} ${family.name}: ${line}`);
  }
  const key = `${name}{${labels.split(',').toSorted().join(',')}}`;
  if (seen.has(key)) throw new Error(`a second value: ${line}`);
  seen.add(key);
  if (exemplarValue !== undefined && (!open || !/_bucket$|_total$/.test(name))) {
    throw new Error(`an exemplar is not allowed here: ${line}`);
  }
  return {
    ...{ name, labels: parseLabels(labels) },
    ...{ value: Number(value.replace(/inf/i, 'Infinity')) },
    exemplar: exemplar === undefined ? undefined : parseLabels(exemplar),
  };
}

function suffixesOf(type: string, open: boolean): readonly string[] {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'];
  return type === 'counter' && open ? ['_total'] : [''];
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, name = '', value = '']) => [
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    ]),
  );
}

/** The buckets of each series ascend, and the last one has all. */
function checkHistogram({ name, samples }: Family): void {
  const series = new Map<string, { le: number; value: number }[]>();
  for (const { name: sample, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(Object.entries(others).toSorted());
    const buckets = series.get(key) ?? [];
    series.set(key, buckets);
    if (sample === `${name}_bucket`) {
      buckets.push({ le: Number(le?.replace('Inf', 'Infinity')), value });
    }
    if (sample !== `${name}_count`) continue;
    if (buckets.at(-1)?.le !== Infinity || buckets.at(-1)?.value !== value) {
      throw new Error(`${name} has a last bucket that is not its count: ${key}`);
    }
  }
  for (const buckets of series.values()) {
    for (const [index, { le, value }] of buckets.entries()) {
      const last = buckets[index - 1];
      if (last !== undefined && (last.le >= le || last.value > value)) {
        throw new Error(`${name} has buckets that do not ascend`);
      }
    }
  }
}

/** Reads and parses the metrics of a server; its name and port are `address`. */
export async function scrape(address: string, { open = false } = {}): Promise<Scrape> {
  const accept = open ? 'application/openmetrics-text; version=1.0.0' : 'text/plain';
  const response = await fetch(`http://${address}/metrics`, { headers: { accept } });
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || type.startsWith('application/openmetrics-text') !== open) {
    throw new Error(`${response.status} ${type}`);
  }
  return parseScrape(await response.text(), { open });
}

/** The sum of the samples of that name that have these labels. */
export function valueOf(
  metrics: Scrape,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const samples = [...metrics.values()].flatMap(({ samples: each }) => each);
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) =>
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

/** Sends bytes that are not HTTP/2 and resolves when the server has closed the connection. */
export function sendPlain(address: string, bytes: string): Promise<void> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host, () => socket.end(bytes));
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve();
      });
    socket.resume();
  });
}
