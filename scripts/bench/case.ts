/** How many people, users and calls; small numbers for `--quick`. */
export interface Sizes {
  readonly people: number;
  readonly users: number;
  readonly calls: number;
  readonly routed: number;
  readonly recordCalls: number;
  readonly peoplePerRecordCall: number;
}

/** Sends one batch to a server, checks the responses, and resolves with its number of operations. */
export type Batch = () => Promise<number>;

/** A case on one server that is ready for it. */
export interface PreparedCase {
  /** Prepares the next batch, which is then timed. */
  next(): Batch;
  /** True for writes, whose batches are new data each. Reads repeat a batch for a whole round. */
  readonly oneBatchPerRound: boolean;
  /** After the last round, checks that all writes are stored. */
  verify?(): Promise<void>;
  /** For calls at a given rate and for h2load, after `verify`; unary cases have it. */
  readonly unary?: UnaryLoad;
  close(): void;
}

/** The calls of a unary case. */
export interface UnaryLoad {
  readonly path: string;
  readonly shape: Shape;
  /** Makes that many calls a second, for that time; resolves with the latency of each in milliseconds. */
  callAtRate(perSecond: number, seconds: number): Promise<Float64Array>;
  /** A message that the server accepts as often as it is sent. */
  readonly repeatable: Uint8Array;
}

/** Connections, and the calls in flight on each. */
export interface Shape {
  readonly connections: number;
  readonly streams: number;
}

/** The port of each server; a case that makes one call at a time uses the first. */
export type Ports = readonly [number, ...number[]];

/** A workload in which servers are compared. */
export interface Case {
  readonly name: string;
  /** What the operations are: calls or people. */
  readonly unit: string;
  readonly setting: string;
  /** Fills the server. The product is restarted afterwards; the others would lose their data. */
  load?(port: number, sizes: Sizes): Promise<void>;
  /** Connects to the server, or to several that share a database. */
  prepare(ports: Ports, sizes: Sizes): Promise<PreparedCase>;
}
