import type {
  ImportPersonsRequest,
  ImportPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions, PartialMessage, ResponseStream } from '../index.js';
import { deferred } from '../test-support/deferred.js';
import { peopleCalls, type Connected } from './connected.js';

type Request = PartialMessage<ImportPersonsRequest>;

/** An ImportPersons call whose requests are sent one by one. */
export class ImportCall implements AsyncDisposable {
  readonly #responses: ResponseStream<ImportPersonsResponse>;
  readonly #requests: (Request | undefined)[] = [];
  #wake = deferred();
  /** How many requests the client has taken to send them. */
  taken = 0;

  constructor(connected: Connected, options?: CallOptions) {
    this.#responses = peopleCalls(connected).importPersons(this.#send(), options);
  }

  async *#send(): AsyncGenerator<Request> {
    for (;;) {
      while (this.#requests.length === 0) {
        await this.#wake.promise;
        this.#wake = deferred();
      }
      const request = this.#requests.shift();
      if (request === undefined) return;
      this.taken += 1;
      yield request;
    }
  }

  /** Sends a request; undefined half-closes. */
  send(request: Request | undefined): void {
    this.#requests.push(request);
    this.#wake.resolve();
  }

  /** The next response. */
  async next(): Promise<ImportPersonsResponse> {
    const { value } = await this.#responses.next();
    if (value === undefined) throw new Error('the import has ended');
    return value;
  }

  /** Sends people, and resolves with the response to them. */
  async add(...people: NonNullable<Request['people']>): Promise<ImportPersonsResponse> {
    this.send({ people });
    return this.next();
  }

  /** Half-closes, and resolves with the responses that were left. */
  async end(): Promise<ImportPersonsResponse[]> {
    this.send(undefined);
    const rest: ImportPersonsResponse[] = [];
    for await (const response of this.#responses) rest.push(response);
    return rest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.send(undefined);
    await this.#responses.return();
  }
}
