/**
 * The only file of the client that uses private fields of grpc-js, as of 1.14.7. If one has been
 * renamed, the client works on without the correction, and emits a process warning unless that only
 * makes calls slower.
 */
import type { Channel } from '@grpc/grpc-js';
import type { ClientHttp2Session } from 'node:http2';
import { lightenRequests } from '../node-http2-internals.js';
import { LinkedSet } from './linked-set.js';

const warned = new Set<string>();

/** transport.ts, `Http2Transport`: one HTTP/2 session. */
interface Transport {
  keepaliveTimeMs: number;
  readonly session?: ClientHttp2Session;
  activeCalls?: Set<object> | LinkedSet<object>;
  addDisconnectListener(listener: () => void): void;
}

/** subchannel.ts, `Subchannel`: connects to one address, again and again. */
interface Subchannel {
  readonly connector: { connect(...args: unknown[]): Promise<Transport> };
}

/** subchannel-pool.ts, `SubchannelPool`: belongs to one channel, by `grpc.use_local_subchannel_pool`. */
interface SubchannelPool {
  getOrCreateSubchannel(...args: unknown[]): Subchannel;
}

/**
 * Corrects each connection of the channel:
 * - Keepalive stops after a GOAWAY. Node refuses to ping on such a session, which grpc-js takes for
 *   a dead connection: it would end calls that the server is still finishing
 *   (https://github.com/grpc/grpc-node/issues/3068).
 * - Calls are not kept in Maps and Sets, from which V8 promotes them to its old generation. Without
 *   them, a call takes half of the CPU time (scripts/bench/README.md).
 */
export function correctConnections(channel: Channel): void {
  const pool = poolOf(channel);
  if (pool === undefined) {
    warnOfChange('subchannelPool');
    return;
  }
  const seen = new WeakSet<Subchannel>();
  const getOrCreate = pool.getOrCreateSubchannel.bind(pool);
  pool.getOrCreateSubchannel = (...args): Subchannel => {
    const subchannel = getOrCreate(...args);
    if (!seen.has(subchannel)) watchConnections(subchannel);
    seen.add(subchannel);
    return subchannel;
  };
}

function poolOf(channel: Channel): SubchannelPool | undefined {
  const { internalChannel } = channel as unknown as {
    internalChannel?: { subchannelPool?: SubchannelPool };
  };
  const pool = internalChannel?.subchannelPool;
  return typeof pool?.getOrCreateSubchannel === 'function' ? pool : undefined;
}

function watchConnections({ connector }: Partial<Subchannel>): void {
  if (typeof connector?.connect !== 'function') {
    warnOfChange('connector');
    return;
  }
  const connect = connector.connect.bind(connector);
  connector.connect = async (...args): Promise<Transport> => {
    const transport = await connect(...args);
    lighten(transport);
    if (typeof transport.keepaliveTimeMs === 'number') stopPingsOf(transport);
    else warnOfChange('keepaliveTimeMs');
    return transport;
  };
}

function lighten(transport: Transport): void {
  const { session, activeCalls } = transport;
  if (typeof session?.request === 'function') lightenRequests(session);
  if (activeCalls instanceof Set && activeCalls.size === 0) transport.activeCalls = new LinkedSet();
}

function stopPingsOf(transport: Transport): void {
  transport.addDisconnectListener(() => {
    // `canSendPing()` is false without a time. A ping that is already sent still gets its reply.
    transport.keepaliveTimeMs = -1;
  });
}

/** Warns once of each field: there may be many connections. */
function warnOfChange(field: string): void {
  if (warned.has(field)) return;
  warned.add(field);
  process.emitWarning(
    `personguide: this version of @grpc/grpc-js has no ${field} where 1.14.7 has it. ` +
      'Calls that are quiet while a server stops gracefully may fail with UNAVAILABLE.',
    { code: 'PERSONGUIDE_GRPC_JS' },
  );
}
