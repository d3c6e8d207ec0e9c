import { openChannelWithContext, type ClientChannel } from './channel.js';
import type { PeopleClient, UsersClient } from './directory-clients.js';
import type { ConnectOptions } from './options.js';
import { peopleClient, replicator, usersClient } from './people-client.js';
import type { Replica, ReplicaOptions } from './replica.js';
import type { Target } from './target.js';

/** A directory: its people, its users, and the connection to its servers. */
export interface Directory extends ClientChannel {
  readonly people: PeopleClient;
  readonly users: UsersClient;
  /**
   * Keeps everyone, or those who match a filter, in this process: a read-only Map by id that follows
   * every change, until close() of it or of the directory. Goes on by itself after lost connections
   * and restarts of the server. Throws a TypeError for an invalid option.
   */
  replica(options?: ReplicaOptions): Replica;
}

/**
 * Connects to a directory: `host:port`, `dns:///name:port`, or a list of servers with the same
 * data. The first call connects. Throws a TypeError for an invalid target or option.
 */
export function connect(target: Target, options: ConnectOptions = {}): Directory {
  const { channel, context } = openChannelWithContext(target, options);
  return Object.assign(channel, {
    people: peopleClient(channel, context),
    users: usersClient(channel),
    replica: replicator(channel, context),
  });
}
