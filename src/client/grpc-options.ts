import {
  ChannelCredentials,
  compressionAlgorithms,
  Metadata,
  type ChannelOptions,
} from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { setMetadata } from './metadata.js';
import type { ConnectOptions, Pem, TlsOptions } from './options.js';
import { isLoopbackAddress } from './target.js';

const MIB = 1024 * 1024;

/** What timers take; one that is set to more fires at once. */
const LONGEST_MS = 2_147_483_647;

/** The credentials of a connection; throws when a file cannot be read or a key is missing. */
export function credentialsOf({ tls = false }: ConnectOptions): ChannelCredentials {
  if (tls === false) return ChannelCredentials.createInsecure();
  const { ca, cert, key }: TlsOptions = tls === true ? {} : tls;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError('connect: tls.cert and tls.key are of use only together');
  }
  const pems = [read('ca', ca), read('key', key), read('cert', cert)] as const;
  try {
    return ChannelCredentials.createSsl(...pems);
  } catch (cause) {
    throw new TypeError(`connect: tls cannot be used: ${textOf(cause)}`, { cause });
  }
}

function read(name: string, pem: Pem | undefined): Buffer | null {
  if (pem === undefined) return null;
  if (typeof pem !== 'string') return pem;
  try {
    return readFileSync(pem);
  } catch (cause) {
    throw new TypeError(`connect: tls.${name} cannot be read: ${textOf(cause)}`, { cause });
  }
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What grpc-js is told about a connection. */
export function grpcOptionsOf(
  addresses: readonly string[],
  options: ConnectOptions,
): ChannelOptions {
  const { maxMessageBytes = 64 * MIB, loadBalancing = 'round_robin', compression } = options;
  return {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [loadBalancing]: {} }] }),
    // Otherwise DNS is asked for a TXT record that might replace the line above.
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // Within this many bytes grpc-js says "written" at once, so it is what a stream holds unsent.
    'grpc.per_rpc_retry_buffer_size': 64 * 1024,
    // 64 KiB, which is the default, would be all that is on its way from a server far away.
    'grpc-node.flow_control_window': MIB,
    // A closed client must not share a connection with one that is still open.
    'grpc.use_local_subchannel_pool': 1,
    // After a restart the server is found again within seconds.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5000,
    'grpc.enable_channelz': 0,
    // grpc-js would look for this machine through the proxy of http_proxy.
    'grpc.enable_http_proxy': addresses.every(isLoopbackAddress) ? 0 : 1,
    ...keepaliveOf(options),
    ...compressionOf(compression),
  };
}

function keepaliveOf({ keepalive = true }: ConnectOptions): ChannelOptions {
  if (keepalive === false) return {};
  const { timeMs = 3000, timeoutMs = 2000 } = keepalive === true ? {} : keepalive;
  return {
    'grpc.keepalive_time_ms': Math.min(timeMs, LONGEST_MS),
    'grpc.keepalive_timeout_ms': Math.min(timeoutMs, LONGEST_MS),
  };
}

function compressionOf(compression: ConnectOptions['compression']): ChannelOptions {
  if (compression === undefined || compression === 'none') return {};
  return { 'grpc.default_compression_algorithm': compressionAlgorithms[compression] };
}

/** What is sent with every call. Throws a TypeError for a token that would travel in the open. */
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
