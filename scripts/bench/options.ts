import { tmpdir } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { readReport, type EarlierReport } from './against.js';
import type { Sizes } from './case.js';
import { CASES } from './cases.js';
import { PLAIN, PLAIN_WITH_LOG, PRODUCT } from './servers.js';

/** The options of a run. */
export interface Options {
  readonly what: (typeof KINDS)[number];
  readonly rounds: number;
  readonly seconds: number;
  readonly cases: readonly string[];
  readonly servers: readonly string[];
  readonly growth: boolean;
  readonly growthServers: readonly string[];
  readonly growthSteps: readonly number[];
  readonly sizes: Sizes;
  readonly dataDirectory: string;
  readonly json: string | undefined;
  /** The report of an earlier run, to compare with. */
  readonly against: EarlierReport | undefined;
  readonly plot: string | undefined;
  readonly profile: string | undefined;
  /** The URL of the PostgreSQL server; the run starts one if undefined. */
  readonly store: string | undefined;
}

const KINDS = [
  'servers',
  'postgres',
  'client',
  'start',
  'middleware',
  'watch',
  'search',
  'web',
  'processes',
] as const;
const SERVERS = [PRODUCT, PLAIN, PLAIN_WITH_LOG, 'nice-grpc', 'connect-node'];
const CASE_NAMES = CASES.map(({ name }) => name);
const GROWTH_STEPS = [1_000, 10_000, 100_000, 1_000_000];
const SIZES: Sizes = {
  people: 100_000,
  users: 10_000,
  calls: 20_000,
  routed: 50_000,
  recordCalls: 10,
  peoplePerRecordCall: 5_000,
};
/** A call then has as many people as it may. */
const POSTGRES_SIZES: Sizes = { ...SIZES, recordCalls: 3, peoplePerRecordCall: 10_000 };
const QUICK_GROWTH_STEPS = [100, 1_000];
const QUICK_SIZES: Sizes = {
  people: 2_000,
  users: 500,
  calls: 1_000,
  routed: 2_000,
  recordCalls: 2,
  peoplePerRecordCall: 500,
};

interface Flags {
  readonly case: string[];
  readonly server: string[];
  readonly rounds?: number;
  readonly seconds?: number;
  readonly quick: boolean;
  readonly growth?: boolean;
  readonly dataDir: string;
  readonly json?: string;
  readonly against?: EarlierReport;
  readonly plot?: string;
  readonly profile?: string;
  readonly store?: string;
  readonly people?: number;
}

/** Reads the command line. For --help or an error, prints text and exits the process. */
export function readOptions(argv: readonly string[]): Options {
  const program = new Command('npm run bench --')
    .description('Compares the directory, on disk, with hand-written servers that keep Maps.')
    .argument('[what]', `what is measured: ${KINDS.join(', ')}`, oneOfWhat, 'servers')
    .option('--case <name>', `only this case: ${CASE_NAMES.join(', ')}`, oneOf(CASE_NAMES), [])
    .option('--server <name>', `only this server: ${SERVERS.join(', ')}`, oneOf(SERVERS), [])
    .option('--rounds <number>', 'rounds of each case after the warm-up (5)', positive)
    .option('--seconds <number>', 'minimum duration of a round that only reads (1)', positive)
    .option('--quick', 'small sizes, to check that everything runs', false)
    .option('--growth', 'measure 1,000 to 1,000,000 people (the default without --case)')
    .option('--no-growth', 'skip it')
    .option(
      '--data-dir <directory>',
      'the parent folder of the stores; not on a RAM disk',
      tmpdir(),
    )
    .option('--json <file>', 'write all results')
    .option('--against <file>', 'compare with an earlier run, written by --json', earlierReport)
    .option('--plot <file>', 'write a picture (SVG) of the growth')
    .option('--profile <directory>', "write each server's CPU profile")
    .option('--people <number>', 'people in the directory (100,000; not for --growth)', positive)
    .option(
      '--store <url>',
      'postgres: the server to use, instead of one that is started',
      postgresUrl,
    )
    .parse(argv, { from: 'user' });
  const [what = 'servers'] = program.processedArgs as Options['what'][];
  const flags = program.opts<Flags>();
  return toOptions(flags.store === undefined ? what : 'postgres', flags);
}

function toOptions(what: Options['what'], flags: Flags): Options {
  const chosen = (names: readonly string[]): string[] =>
    names.filter((name) => flags.server.length === 0 || flags.server.includes(name));
  return {
    what,
    rounds: flags.rounds ?? (flags.quick ? 2 : 5),
    seconds: flags.seconds ?? (flags.quick ? 0.05 : 1),
    cases: flags.case,
    servers: chosen(SERVERS),
    growth: flags.growth ?? flags.case.length === 0,
    growthServers: chosen(flags.server.length === 0 ? [PRODUCT, PLAIN] : SERVERS),
    growthSteps: flags.quick ? QUICK_GROWTH_STEPS : GROWTH_STEPS,
    sizes: sizesOf(what, flags),
    dataDirectory: flags.dataDir,
    json: flags.json,
    against: flags.against,
    plot: flags.plot,
    profile: flags.profile,
    store: flags.store,
  };
}

function sizesOf(what: Options['what'], { quick, people }: Flags): Sizes {
  const full = what === 'postgres' ? POSTGRES_SIZES : SIZES;
  const sizes = quick ? QUICK_SIZES : full;
  return people === undefined ? sizes : { ...sizes, people };
}

/** Collects the values of a repeatable option. */
function oneOf(known: readonly string[]): (value: string, previous: string[]) => string[] {
  return (value, previous) => {
    if (known.includes(value)) return [...previous, value];
    throw new InvalidArgumentError(`must be one of ${known.join(', ')}.`);
  };
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('must be a number above 0.');
  return number;
}

function earlierReport(file: string): EarlierReport {
  try {
    return readReport(file);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : '');
  }
}

function oneOfWhat(value: string): Options['what'] {
  const found = KINDS.find((one) => one === value);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`must be one of ${KINDS.join(', ')}.`);
}

function postgresUrl(value: string): string {
  if (/^postgres(ql)?:\/\//i.test(value)) return value;
  throw new InvalidArgumentError('must be a postgres:// URL.');
}
