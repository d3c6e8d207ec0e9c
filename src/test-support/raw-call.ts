import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import {
  BadRequest,
  BadRequest_FieldViolation as FieldViolation,
  ErrorInfo,
} from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';

/** How a call ended, with nothing of the product's client between. */
export interface RawEnd extends StatusObject {
  /** The answers, in wire form. */
  readonly answers: Buffer[];
}

/** What a raw call may say. */
export interface RawOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The content of `grpc-status-details-bin`. */
export interface RawDetails {
  readonly code: number;
  readonly message: string;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly violations: readonly FieldViolation[];
}

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * Sends those bytes as the messages of one call, of whatever kind, half-closes, and resolves with
 * how it ended. Never rejects.
 */
export function rawCall(
  address: string,
  path: string,
  requests: readonly Uint8Array[],
  { metadata = {}, timeoutMs = 30_000 }: RawOptions = {},
): Promise<RawEnd> {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
  return new Promise((resolve) => {
    const answers: Buffer[] = [];
    const deadline = Date.now() + timeoutMs;
    const call = client
      .makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs, sent, { deadline })
      .on('data', (answer: Buffer) => answers.push(answer))
      .on('error', () => undefined)
      .on('status', (end: StatusObject) => {
        client.close();
        resolve({ ...end, answers });
      });
    for (const request of requests) call.write(Buffer.from(request));
    call.end();
  });
}

/** Reads the google.rpc.Status of a failed call; throws if there is none. */
export function detailsOf({ metadata }: StatusObject): RawDetails {
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) throw new Error('the call has no grpc-status-details-bin');
  const { code, message, details } = Status.decode(bytes);
  const ofType = (name: string): Buffer | undefined =>
    details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/google.rpc.${name}`)?.value;
  const info = ofType('ErrorInfo');
  const { reason, domain } = info === undefined ? {} : ErrorInfo.decode(info);
  const violations = BadRequest.decode(ofType('BadRequest') ?? new Uint8Array()).fieldViolations;
  return { code, message, reason, domain, violations };
}

/** One field of a message, in wire form: its number, and the bytes of a text or a message. */
export function bytesField(number: number, bytes: Uint8Array): Buffer {
  if (number > 15 || bytes.length > 127) throw new Error('too large for one-byte tag and length');
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}
