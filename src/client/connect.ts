import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { openChannel, type ClientChannel } from './channel.js';
import type { PeopleClient, UsersClient } from './directory-clients.js';
import type { ConnectOptions } from './options.js';
import type { Target } from './target.js';

/** A directory: its people, its users, and the connection to its servers. */
export interface Directory extends ClientChannel {
  readonly people: PeopleClient;
  readonly users: UsersClient;
}

/**
 * Connects to a directory: `host:port`, `dns:///name:port`, or a list of servers with the same
 * data. The first call connects. Throws a TypeError for an invalid target or option.
 */
export function connect(target: Target, options: ConnectOptions = {}): Directory {
  const channel = openChannel(target, options);
  return Object.assign(channel, {
    people: channel.client(PersonGuideDefinition),
    users: channel.client(UserServiceDefinition),
  });
}
