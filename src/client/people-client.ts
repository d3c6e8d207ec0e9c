import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { PersonGuideDefinition, type Person } from '../../gen/personguide/person_guide.js';
import type { CallContext } from './call-plan.js';
import { captureCaller } from './caller-stack.js';
import type { ClientChannel } from './channel.js';
import type { RequestStream, ResponseStream } from './definition.js';
import type { PeopleCalls, UserCalls } from './directory-calls.js';
import type { PeopleClient, UsersClient } from './directory-clients.js';
import { LongCall } from './long-call.js';
import { allMatches, allPeople, allUsers } from './pages.js';
import {
  checkImportOptions,
  DEFAULT_BATCH_SIZE,
  ENCODED_REQUEST,
  PeopleImport,
  type ImportCall,
  type ImportPeopleOptions,
  type ImportSummary,
} from './people-import.js';
import {
  checkWatchOptions,
  PeopleWatch,
  type PeopleEvent,
  type WatchOptions,
} from './people-watch.js';
import { PersonBatches } from './person-batches.js';
import {
  checkReplicaOptions,
  PeopleReplica,
  type Replica,
  type ReplicaOptions,
} from './replica.js';

/** ImportPersons with requests that are already encoded. */
const ENCODED_IMPORT = {
  fullName: PersonGuideDefinition.fullName,
  methods: {
    importPersons: {
      ...PersonGuideDefinition.methods.importPersons,
      requestType: ENCODED_REQUEST,
    },
  },
};

/** The client of the people of a directory. */
export function peopleClient(channel: ClientChannel, context: CallContext): PeopleClient {
  const calls = peopleCalls(channel);
  const importPersons = channel.client(ENCODED_IMPORT).importPersons as ImportCall;

  function watch(options: WatchOptions = {}): ResponseStream<PeopleEvent> {
    checkWatchOptions(options);
    const call = new LongCall(context, 'watch', captureCaller(watch), options.signal);
    return new PeopleWatch(calls, options, call);
  }

  function importPeople(
    people: RequestStream<Person>,
    options: ImportPeopleOptions = {},
  ): Promise<ImportSummary> {
    const call = new LongCall(context, 'importPeople', captureCaller(importPeople), options.signal);
    // Invalid arguments reject, as those of the calls of the contract do.
    const run = async (): Promise<ImportSummary> => {
      checkImportOptions(options);
      const source = new PersonBatches(people, options.batchSize ?? DEFAULT_BATCH_SIZE);
      return new PeopleImport(importPersons, source, options, call).run();
    };
    return run();
  }

  return {
    ...calls,
    watch,
    importPeople,
    allPages: (query, options) => allPeople(calls, query, options),
    allMatches: (search, options) => allMatches(calls, search, options),
  };
}

/** The client of the users of a directory. */
export function usersClient(channel: ClientChannel): UsersClient {
  // The contract promises the user of a response, which the generated type leaves open.
  const calls = channel.client(UserServiceDefinition) as UserCalls;
  return { ...calls, allPages: (query, options) => allUsers(calls, query, options) };
}

/** The function that makes replicas. */
export function replicator(
  channel: ClientChannel,
  context: CallContext,
): (options?: ReplicaOptions) => Replica {
  const calls = peopleCalls(channel);
  return function replica(options: ReplicaOptions = {}): Replica {
    checkReplicaOptions(options);
    const call = new LongCall(context, 'replica', captureCaller(replica), options.signal);
    return new PeopleReplica(calls, options, call);
  };
}

function peopleCalls(channel: ClientChannel): PeopleCalls {
  // The contract promises the person of a response, which the generated type leaves open.
  return channel.client(PersonGuideDefinition) as PeopleCalls;
}
