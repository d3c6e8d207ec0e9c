import { compressionAlgorithms, Metadata, type ChannelOptions } from '@grpc/grpc-js';
import { setMetadata } from './metadata.js';
import type { ConnectOptions } from './options.js';
import { isLoopbackAddress } from './target.js';
import { LONGEST_TIMER_MS } from './timer.js';

const MIB = 1024 * 1024;

/** The options of grpc-js for a connection. */
export function grpcOptionsOf(
  addresses: readonly string[],
  options: ConnectOptions,
): ChannelOptions {
  const { maxMessageBytes = 64 * MIB, loadBalancing = 'round_robin', compression } = options;
  return {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [loadBalancing]: {} }] }),
    // Otherwise grpc-js looks for a TXT record in DNS, which might replace the line above.
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // grpc-js reports this many bytes as written before they are, so a stream holds them unsent.
    'grpc.per_rpc_retry_buffer_size': 64 * 1024,
    // The default of 64 KiB would limit a stream from a distant server to 64 KiB per round trip.
    'grpc-node.flow_control_window': MIB,
    // Otherwise clients of one address share connections, and close() could not close them.
    'grpc.use_local_subchannel_pool': 1,
    // A server that restarts is found again within a second.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.enable_channelz': 0,
    // grpc-js would connect to this machine through the proxy of the variable http_proxy.
    'grpc.enable_http_proxy': addresses.every(isLoopbackAddress) ? 0 : 1,
    ...serverNameOf(options),
    ...keepaliveOf(options),
    ...compressionOf(compression),
  };
}

function serverNameOf({ tls }: ConnectOptions): ChannelOptions {
  const serverName = typeof tls === 'object' ? tls.serverName : undefined;
  if (serverName === undefined) return {};
  return { 'grpc.ssl_target_name_override': serverName, 'grpc.default_authority': serverName };
}

function keepaliveOf({ keepalive = true }: ConnectOptions): ChannelOptions {
  if (keepalive === false) return {};
  const { timeMs = 3000, timeoutMs = 2000 } = keepalive === true ? {} : keepalive;
  return {
    'grpc.keepalive_time_ms': Math.min(timeMs, LONGEST_TIMER_MS),
    'grpc.keepalive_timeout_ms': Math.min(timeoutMs, LONGEST_TIMER_MS),
  };
}

function compressionOf(compression: ConnectOptions['compression']): ChannelOptions {
  if (compression === undefined || compression === 'none') return {};
  return { 'grpc.default_compression_algorithm': compressionAlgorithms[compression] };
}

/** The metadata of every call. Throws a TypeError if a token would be sent in plain text. */
export function metadataOf(addresses: readonly string[], options: ConnectOptions): Metadata {
  const { token, tls = false, tokenWithoutTls = false } = options;
  const open = tls === false && !tokenWithoutTls && !addresses.every(isLoopbackAddress);
  if (token !== undefined && open) {
    throw new TypeError(
      'connect: a token would be sent in plain text: set tls, or tokenWithoutTls if something else encrypts',
    );
  }
  const metadata = setMetadata(new Metadata(), options.metadata ?? {});
  return typeof token === 'string'
    ? setMetadata(metadata, { authorization: `Bearer ${token}` })
    : metadata;
}
