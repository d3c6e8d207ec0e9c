import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type {
  ImportFault,
  ImportOptions,
  ImportPersonsRequest,
  ImportPersonsResponse,
  Person,
} from '../../gen/personguide/person_guide.js';
import { connect, type ConnectOptions, type Directory } from '../index.js';
import { errorTrailer } from './error-trailer.test.support.js';
import { closeLater, proxyTo, serve } from './servers.test.support.js';

type Call = ServerDuplexStream<ImportPersonsRequest, ImportPersonsResponse>;

/** What an import server does in place of a batch, or after it is committed. */
export interface Failure {
  /** `cut`: the connection is lost. `silence`: nothing more is read or sent in this call. */
  readonly with: 'cut' | 'silence' | { readonly code: status; readonly reason?: string };
  /** Whether the batch is committed before. */
  readonly committed?: boolean;
}

/** An import that a server knows. */
interface KnownImport {
  committed: number;
  created: number;
  readonly faults: ImportFault[];
}

/** A server that imports as the contract says: people without a name are faults. */
export interface ImportServer {
  readonly directory: Directory;
  /** The names of the people that were imported, in order. */
  readonly names: string[];
  /** The options of each call. */
  readonly calls: (ImportOptions | undefined)[];
  /** The number of people of each batch that arrived. */
  readonly batches: number[];
  readonly imports: Map<string, KnownImport>;
}

/** Starts a server that fails at the batches with these numbers, counted over all calls from 1. */
export async function startImportServer(
  failures: Readonly<Record<number, Failure>> = {},
  options: ConnectOptions = { retry: false },
): Promise<ImportServer> {
  const state = {
    names: [] as string[],
    calls: [] as ImportServer['calls'],
    batches: [] as number[],
  };
  const imports = new Map<string, KnownImport>();
  const { port } = await serve({ people: { importPersons: handle } });
  const proxy = await proxyTo(port);

  function handle(call: Call): void {
    let failed = false;
    let known: KnownImport = { committed: 0, created: 0, faults: [] };
    call.on('error', () => undefined);
    call.on('data', ({ options: sent, people }: ImportPersonsRequest) => {
      if (sent !== undefined) {
        state.calls.push(sent);
        if (sent.importId !== '') known = imports.get(sent.importId) ?? known;
        if (sent.importId !== '') imports.set(sent.importId, known);
        call.write(progressOf(known, known.faults));
        return;
      }
      if (failed) return;
      state.batches.push(people.length);
      const failure = failures[state.batches.length];
      const faults = failure?.committed === false ? [] : commit(known, people);
      if (failure === undefined) call.write(progressOf(known, faults));
      else fail(call, failure);
      failed = failure !== undefined;
    });
    call.on('end', () => {
      call.end();
    });
  }

  function commit(known: KnownImport, people: readonly Person[]): ImportFault[] {
    const faults = people.flatMap(({ name }, at) =>
      name === '' ? [faultAt(known.committed + at)] : [],
    );
    state.names.push(...people.map(({ name }) => name).filter((name) => name !== ''));
    known.committed += people.length;
    known.created += people.length - faults.length;
    known.faults.push(...faults);
    return faults;
  }

  function fail(call: Call, { with: how }: Failure): void {
    if (how === 'cut') proxy.break();
    else if (how === 'silence') call.pause();
    else call.emit('error', { ...how, details: 'scripted', metadata: errorTrailer(how) });
  }

  const directory = closeLater(connect(proxy.address, options));
  return { directory, ...state, imports };
}

function faultAt(index: number): ImportFault {
  return {
    index,
    code: status.INVALID_ARGUMENT,
    message: 'name must not be empty',
    violations: [],
  };
}

function progressOf(
  { committed, created }: KnownImport,
  faults: ImportFault[],
): ImportPersonsResponse {
  return { committed, created, updated: 0, unchanged: 0, faults: [...faults] };
}
