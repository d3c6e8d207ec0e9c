import {
  credentials,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ClientReadableStream,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';

/** A client of grpc-js that the end of a scope closes. */
export function disposable<T extends { close(): void }>(client: T): T & Disposable {
  return Object.assign(client, {
    [Symbol.dispose]: () => {
      client.close();
    },
  });
}

/** Makes a generated client for a server without TLS. */
export function clientOf<T extends Client>(
  constructor: new (
    address: string,
    credentials: ChannelCredentials,
    options?: Partial<ClientOptions>,
  ) => T,
  address: string,
): T & Disposable {
  return disposable(new constructor(address, credentials.createInsecure()));
}

/** Turns a callback of grpc-js into a promise. */
export function answered<T>(
  call: (callback: (error: ServiceError | null, answer?: T) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error === null) resolve(answer as T);
      else reject(error);
    });
  });
}

/** Resolves with the status that ends a stream, whether it is OK or not. */
export function statusOf(call: NodeJS.EventEmitter): Promise<StatusObject> {
  return new Promise((resolve) => {
    call.on('error', () => undefined).on('status', resolve);
  });
}

/** The next message of a stream. */
export function messageOf<T>(call: Pick<ClientReadableStream<T>, 'once'>): Promise<T> {
  return new Promise((resolve) => {
    call.once('data', resolve);
  });
}
