import { latenciesOf, type Latencies } from './statistics.js';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Person,
  SearchPersonsRequest,
  SearchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import { loadSqlite, type Database, type Statement } from '../../src/store/sqlite/database.js';
import { loadPeople } from './people-cases.js';
import { GET_PHONE } from './unary-cases.js';
import { residentMiB } from './processes.js';
import { connect, frames, responseTo, type Connection } from './raw-client.js';
import { scatteredIds } from './sample-data.js';
import { namedPerson, sampleName, type SampleName } from './sample-names.js';
import { PRODUCT, start, type Workspace } from './servers.js';

const SEARCH_PERSONS = '/personguide.PersonGuide/SearchPersons';
const STORE = 'search.db';

/** Different queries of each kind; each is made once in each round. */
const QUERIES = 400;
/** A scan takes tens of milliseconds, so fewer are made. */
const SCANS = 20;

/** While the index is made, the time between two calls that show how long others wait. */
const PROBE_MS = 5;

/** One kind of query. */
export interface KindResult {
  readonly kind: string;
  readonly example: string;
  /** SearchPersons, with its default page. */
  readonly search: Latencies;
  /** The scan of all names; undefined where it cannot find anyone. */
  readonly scan: Latencies | undefined;
}

/** What searching costs, on one server. */
export interface SearchResult {
  readonly people: number;
  readonly loadSeconds: number;
  /** From the last write to the first response of a search. */
  readonly indexSeconds: number;
  /** GetPhone while the index was made. */
  readonly meanwhile: Latencies;
  /** After indexing, and of a server that was restarted and has searched. */
  readonly residentMiB: { readonly indexing: number; readonly searching: number };
  readonly storeMiB: number;
  readonly kinds: readonly KindResult[];
}

interface SearchPlan {
  readonly rounds: number;
  readonly people: number;
}

interface Kind {
  readonly kind: string;
  readonly queryOf: (name: SampleName) => string;
  /** Whether a scan for the words of the query finds those people. */
  readonly scannable: boolean;
}

const KINDS: readonly Kind[] = [
  { kind: 'two words', scannable: true, queryOf: ({ first, last }) => `${first} ${last}` },
  {
    kind: 'two prefixes',
    scannable: true,
    queryOf: ({ first, last }) => `${first.slice(0, 3)} ${last.slice(0, 3)}`,
  },
  { kind: 'one word with a typo', scannable: false, queryOf: ({ first }) => withTypo(first) },
  {
    kind: 'two words, one with a typo',
    scannable: false,
    queryOf: ({ first, last }) => `${first} ${withTypo(last)}`,
  },
];

/** Measures how long searches take, one at a time, and scans of the same names. */
export async function measureSearch(
  workspace: Workspace,
  { rounds, people }: SearchPlan,
): Promise<SearchResult> {
  const indexing = await measureIndexing(workspace, people);
  const storeMiB = statSync(join(workspace.directory, STORE)).size / 1024 ** 2;
  const server = await start(workspace, PRODUCT, STORE);
  const connection = await connect(server.port);
  const names = namesToFind(people);
  const queries = KINDS.map(({ queryOf }) => names.map(queryOf));
  const latencies = KINDS.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, wanted] of queries.entries()) {
      const times = await timeSearches(connection, wanted);
      if (round > 0) latencies[index]?.push(...times);
    }
  }
  const searching = residentMiB(server.pid);
  connection.close();
  await server.stop();
  const scan = openScan(join(workspace.directory, 'names.db'), people);
  const kinds = KINDS.map(({ kind, scannable }, index): KindResult => {
    const wanted = queries[index] ?? [];
    return {
      kind,
      example: wanted.find((query) => /gab/i.test(query)) ?? wanted[0] ?? '',
      search: latenciesOf(latencies[index] ?? []),
      scan: scannable ? latenciesOf(wanted.slice(0, SCANS).map(scan.time)) : undefined,
    };
  });
  scan.close();
  const { loadSeconds, indexSeconds, meanwhile } = indexing;
  const resident = { indexing: indexing.residentMiB, searching };
  return { people, loadSeconds, indexSeconds, meanwhile, residentMiB: resident, storeMiB, kinds };
}

interface IndexingResult {
  readonly loadSeconds: number;
  readonly indexSeconds: number;
  readonly meanwhile: Latencies;
  readonly residentMiB: number;
}

/** Records people, and waits until they are found; meanwhile it makes other calls. */
async function measureIndexing(workspace: Workspace, people: number): Promise<IndexingResult> {
  const server = await start(workspace, PRODUCT, STORE);
  const connection = await connect(server.port);
  const startedMs = performance.now();
  await loadPeople(server.port, people, namedPerson);
  const loadedMs = performance.now();
  let indexedMs: number | undefined;
  const indexed = untilIndexed(connection).then(() => {
    indexedMs = performance.now();
  });
  const times: number[] = [];
  const request = frames([Person.encode(Person.fromPartial({ id: 1 })).finish()]);
  while (indexedMs === undefined) {
    const sentMs = performance.now();
    // A server that is too busy refuses calls.
    await untilOk(14, () => responseTo(connection, GET_PHONE, request));
    times.push(performance.now() - sentMs);
    await sleep(PROBE_MS);
  }
  await indexed;
  const resident = residentMiB(server.pid);
  connection.close();
  await server.stop();
  return {
    loadSeconds: (loadedMs - startedMs) / 1000,
    indexSeconds: (indexedMs - loadedMs) / 1000,
    meanwhile: latenciesOf(times),
    residentMiB: resident,
  };
}

/** Searches until everyone is indexed; a call without a deadline is given up before. */
async function untilIndexed(connection: Connection): Promise<void> {
  await untilOk(4, () => search(connection, 'unfindable'));
}

/** Makes a call again for as long as it fails with that status. */
async function untilOk(status: number, makeCall: () => Promise<unknown>): Promise<void> {
  for (let isOk = false; !isOk;) {
    isOk = await makeCall().then(
      () => true,
      (error: unknown) => {
        if (String(error).includes(`grpc-status ${status} `)) return false;
        throw error;
      },
    );
  }
}

async function timeSearches(connection: Connection, queries: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const query of queries) {
    const sentMs = performance.now();
    const response = await search(connection, query);
    times.push(performance.now() - sentMs);
    if (response.matches.length === 0) throw new Error(`a search for ${query} found no one`);
  }
  return times;
}

async function search(connection: Connection, query: string): Promise<SearchPersonsResponse> {
  const chunks: Buffer[] = [];
  const request = SearchPersonsRequest.fromPartial({ query });
  await responseTo(
    connection,
    SEARCH_PERSONS,
    frames([SearchPersonsRequest.encode(request).finish()]),
    (chunk) => chunks.push(chunk),
  );
  return SearchPersonsResponse.decode(Buffer.concat(chunks).subarray(5));
}

/** Names of people in the directory whose words are long enough for a typo. */
function namesToFind(people: number): SampleName[] {
  return scatteredIds(QUERIES * 2, people)
    .map(sampleName)
    .filter(({ first, last }) => first.length >= 4 && last.length >= 4)
    .slice(0, QUERIES);
}

/** Swaps two letters in the middle: `gabirel`. */
function withTypo(word: string): string {
  const at = Math.ceil(word.length / 2) - 1;
  return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
}

/** A table of the names alone, and the search that one would write first. */
function openScan(
  file: string,
  people: number,
): { readonly time: (query: string) => number; readonly close: () => void } {
  const database: Database = new (loadSqlite().DatabaseSync)(file);
  database.exec('create table people (id integer primary key, name text not null); begin');
  const insert = database.prepare('insert into people values (?, ?)');
  for (let id = 1; id <= people; id += 1) insert.run(id, sampleName(id).name);
  database.exec('commit');
  const statements = new Map<number, Statement>();
  return {
    time: (query) => {
      const words = query.split(' ').map((word) => `%${word}%`);
      const statement = statements.get(words.length) ?? database.prepare(scanText(words.length));
      statements.set(words.length, statement);
      const startedMs = performance.now();
      statement.all(...words);
      return performance.now() - startedMs;
    },
    close: () => {
      database.close();
    },
  };
}

function scanText(words: number): string {
  const conditions = Array.from({ length: words }, () => 'name like ?');
  return `select id, name from people where ${conditions.join(' and ')} order by id`;
}
