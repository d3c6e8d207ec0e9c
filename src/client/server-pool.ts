import {
  Channel,
  connectivityState,
  type ChannelCredentials,
  type ChannelOptions,
} from '@grpc/grpc-js';
import { stopPingsAfterGoAway } from './grpc-js-internals.js';
import type { ChannelState } from './options.js';
import type { WireCall } from './wire-call.js';

const { READY, CONNECTING, IDLE, TRANSIENT_FAILURE, SHUTDOWN } = connectivityState;

/** From best to worst. The state of a pool is the best state of its channels. */
const BEST_FIRST = [READY, CONNECTING, IDLE, TRANSIENT_FAILURE, SHUTDOWN];

/**
 * The servers of a client: one grpc-js channel for each address, so that each certificate is checked
 * against the name of its own address, and host names and IP addresses may be mixed.
 */
export class ServerPool {
  readonly addresses: readonly string[];
  readonly #channels: readonly Channel[];
  readonly #inTurn: boolean;
  #next = 0;
  #watching = false;
  #closed = false;
  readonly #watchers = new Set<() => void>();

  constructor(
    addresses: readonly string[],
    credentials: ChannelCredentials,
    options: ChannelOptions,
    inTurn: boolean,
  ) {
    this.addresses = addresses;
    this.#channels = addresses.map((address) => new Channel(address, credentials, options));
    for (const channel of this.#channels) stopPingsAfterGoAway(channel);
    this.#inTurn = inTurn;
    // Clients that start together must not all start with the same server.
    if (inTurn) this.#next = Math.floor(Math.random() * addresses.length);
  }

  /** Opens a call on a connected server, or else on the one that is most likely to connect. */
  openCall(path: string, deadlineMs: number): WireCall {
    if (this.#closed) throw new Error('the client has been closed');
    return this.#pick().createCall(path, deadlineMs, null, null, null);
  }

  /** Whether a call that is opened now is sent, or fails, without waiting for a connection. */
  isSettled(): boolean {
    if (this.#channels.some((channel) => channel.getConnectivityState(false) === READY)) {
      return true;
    }
    const state = this.state(true);
    return state !== 'IDLE' && state !== 'CONNECTING';
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
    if (!this.#watching) for (const channel of this.#channels) this.#watchChannel(channel);
    this.#watching = true;
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** Disconnects. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of this.#channels) channel.close();
  }

  #pick(): Channel {
    const count = this.#channels.length;
    const start = this.#inTurn ? this.#next : 0;
    if (this.#inTurn) this.#next = (start + 1) % count;
    let found = this.#channels[start] as Channel;
    if (count === 1) return found;
    let foundRank = Infinity;
    for (let offset = 0; offset < count; offset += 1) {
      const channel = this.#channels[(start + offset) % count] as Channel;
      const rank = BEST_FIRST.indexOf(channel.getConnectivityState(true));
      if (rank < foundRank) [found, foundRank] = [channel, rank];
    }
    return found;
  }

  #watchChannel(channel: Channel): void {
    const state = channel.getConnectivityState(false);
    if (state === SHUTDOWN) return;
    channel.watchConnectivityState(state, Infinity, () => {
      for (const onChange of [...this.#watchers]) onChange();
      this.#watchChannel(channel);
    });
  }
}
