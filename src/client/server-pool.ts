import {
  Channel,
  connectivityState,
  type ChannelCredentials,
  type ChannelOptions,
} from '@grpc/grpc-js';
import { correctConnections } from './grpc-js-internals.js';
import type { ChannelState } from './options.js';
import type { WireCall } from './wire-call.js';

const { READY, CONNECTING, IDLE, TRANSIENT_FAILURE, SHUTDOWN } = connectivityState;

/** From best to worst. The state of a pool is the best state of its channels. */
const BEST_FIRST = [READY, CONNECTING, IDLE, TRANSIENT_FAILURE, SHUTDOWN];

/** How a pool connects. */
export interface ServerPoolOptions {
  readonly credentials: ChannelCredentials;
  readonly grpcOptions: ChannelOptions;
  /** Give each server a call in turn, instead of keeping to the first connected one. */
  readonly inTurn: boolean;
  /** Connections to each server, which take its calls in turn. */
  readonly connections: number;
  /** How long after the last connection was lost a call waits for it to return. */
  readonly bridgeMs: number;
}

/**
 * The servers of a client: channels of grpc-js for each address, so that each certificate is checked
 * against the name of its own address, and host names and IP addresses may be mixed. A channel has
 * one connection.
 */
export class ServerPool {
  readonly addresses: readonly string[];
  /** The channels of the first address, then those of the second, and so on. */
  readonly #channels: readonly Channel[];
  readonly #connections: number;
  readonly #inTurn: boolean;
  readonly #bridgeMs: number;
  #next = 0;
  #connected = false;
  #lostAtMs = -Infinity;
  #closed = false;
  readonly #watchers = new Set<() => void>();

  constructor(
    addresses: readonly string[],
    { credentials, grpcOptions, inTurn, connections, bridgeMs }: ServerPoolOptions,
  ) {
    this.addresses = addresses;
    this.#connections = connections;
    this.#channels = addresses.flatMap((address) =>
      Array.from({ length: connections }, () => new Channel(address, credentials, grpcOptions)),
    );
    for (const channel of this.#channels) {
      correctConnections(channel);
      this.#watchChannel(channel);
    }
    this.#inTurn = inTurn;
    this.#bridgeMs = bridgeMs;
    // Clients that start together must not all start with the same server.
    if (inTurn) this.#next = Math.floor(Math.random() * this.#channels.length);
  }

  /** Opens a call on a connected server, or else on the one that is most likely to connect. */
  openCall(path: string, deadlineMs: number): WireCall {
    if (this.#closed) throw new Error('the client has been closed');
    return this.#pick().createCall(path, deadlineMs, null, null, null);
  }

  /**
   * How long a call has to wait for a connection before it is opened. 0 if one is there, or if none
   * can be made; `limitMs` while connecting. A server that restarts refuses connections for a while:
   * after the last connection is lost, calls wait for it to return.
   */
  waitMs(limitMs: number): number {
    if (this.#channels.some((channel) => channel.getConnectivityState(false) === READY)) return 0;
    const state = this.state(true);
    if (state === 'IDLE' || state === 'CONNECTING') return limitMs;
    if (state !== 'TRANSIENT_FAILURE') return 0;
    return Math.max(0, this.#lostAtMs + this.#bridgeMs - Date.now());
  }

  /** The best state of any server. */
  state(connect = false): ChannelState {
    // With `connect`, grpc-js would reopen a closed channel.
    if (this.#closed) return 'SHUTDOWN';
    const states = this.#channels.map((channel) => channel.getConnectivityState(connect));
    const best = BEST_FIRST.find((state) => states.includes(state)) ?? SHUTDOWN;
    return connectivityState[best] as ChannelState;
  }

  /** Calls `onChange` at each state change of any server, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Disconnects. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of this.#channels) channel.close();
  }

  /** The best channel: that of the next server and its next connection, if that is connected. */
  #pick(): Channel {
    const channels = this.#channels;
    if (channels.length === 1) return channels[0] as Channel;
    const connections = this.#connections;
    const servers = channels.length / connections;
    const turn = this.#next;
    this.#next = (turn + 1) % channels.length;
    const server = this.#inTurn ? turn % servers : 0;
    const connection = this.#inTurn ? Math.floor(turn / servers) : turn;
    let found = channels[0] as Channel;
    let foundRank = Infinity;
    for (let offset = 0; offset < channels.length; offset += 1) {
      const first = ((server + Math.floor(offset / connections)) % servers) * connections;
      const channel = channels[first + ((connection + offset) % connections)] as Channel;
      const rank = BEST_FIRST.indexOf(channel.getConnectivityState(true));
      if (rank < foundRank) [found, foundRank] = [channel, rank];
      // The others are asked when their turn comes, which makes them connect, too.
      if (foundRank === 0 && (this.#inTurn || servers === 1)) break;
    }
    return found;
  }

  #watchChannel(channel: Channel): void {
    const state = channel.getConnectivityState(false);
    if (state === SHUTDOWN) return;
    channel.watchConnectivityState(state, Infinity, () => {
      this.#noticeLoss();
      for (const onChange of [...this.#watchers]) onChange();
      this.#watchChannel(channel);
    });
  }

  #noticeLoss(): void {
    const wasConnected = this.#connected;
    this.#connected = this.state() === 'READY';
    if (wasConnected && !this.#connected) this.#lostAtMs = Date.now();
  }
}
