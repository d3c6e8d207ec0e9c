import type { Channel } from '@grpc/grpc-js';

/** A call as grpc-js runs it, below its stubs, which would add objects and queues of their own. */
export type WireCall = ReturnType<Channel['createCall']>;
