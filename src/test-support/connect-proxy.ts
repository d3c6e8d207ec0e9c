import type { DescMethod, DescMethodStreaming, DescMethodUnary, Message } from '@bufbuild/protobuf';
import { ConnectError, type Transport } from '@connectrpc/connect';
import {
  Metadata,
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerDuplexStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { descriptorSet } from '../../gen/descriptors.js';
import { Status } from '../../gen/google/rpc/status.js';
import { readContract } from '../web/contract.js';
import { jsonCodec, opaqueCodec, type MessageCodec } from '../web/opaque-message.js';

type GrpcCall = ServerDuplexStream<Buffer, Buffer>;

/** A gRPC server that makes each of its calls with a public client of another protocol. */
export interface ConnectProxy {
  /** HOST:PORT */
  readonly address: string;
  stop(): void;
}

/** Headers of gRPC itself; the transport writes its own. */
const OWN_HEADER = /^(?:grpc-|user-agent$|content-type$|te$)/;

/**
 * Starts a proxy in front of a transport. Messages pass in binary form as they are, and are JSON on
 * the way if the transport's are.
 */
export async function startConnectProxy(
  transport: Transport,
  { isJson }: { readonly isJson: boolean },
): Promise<ConnectProxy> {
  const { methods } = readContract(Buffer.from(descriptorSet, 'base64'));
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const definitions: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  const handlers: Record<string, (call: GrpcCall) => void> = {};
  for (const [path, method] of methods) {
    const codec = isJson ? clientCodec(method) : opaqueCodec;
    definitions[path] = definitionOf(path);
    handlers[path] = (call) => void proxyCall(transport, method, codec, call);
  }
  server.addService(definitions, handlers);
  const address = await new Promise<string>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
  return {
    address,
    stop: () => {
      server.forceShutdown();
    },
  };
}

async function proxyCall(
  transport: Transport,
  method: DescMethod,
  codec: MessageCodec,
  call: GrpcCall,
): Promise<void> {
  const { input, output } = codec;
  const cancel = new AbortController();
  call.on('cancelled', () => {
    cancel.abort();
  });
  const timeoutMs = Math.max(Number(call.getDeadline()) - Date.now(), 1);
  const rest = [
    cancel.signal,
    timeoutMs === Infinity ? undefined : timeoutMs,
    headersOf(call.metadata),
  ] as const;
  const requests = requestsOf(call, codec.toMessage);
  const trailers = new Metadata();
  try {
    if (method.methodKind === 'unary') {
      const { value } = await requests.next();
      const unary = { ...method, input, output } as DescMethodUnary;
      const { message, header } = await transport.unary(unary, ...rest, value ?? {});
      await write(call, codec.toBytes(message));
      trailers.set('x-request-id', header.get('x-request-id') ?? '');
    } else {
      const streaming = { ...method, input, output } as DescMethodStreaming;
      const { message, header } = await transport.stream(streaming, ...rest, requests);
      for await (const each of message) await write(call, codec.toBytes(each));
      trailers.set('x-request-id', header.get('x-request-id') ?? '');
    }
    call.end(trailers);
  } catch (error) {
    call.emit('error', statusOf(ConnectError.from(error)));
  }
}

/** Requests are decoded from bytes, and responses encoded into bytes: the reverse of a server's. */
function clientCodec(method: DescMethod): MessageCodec {
  const { input, output } = method;
  const { toBytes, toMessage } = jsonCodec({ ...method, input: output, output: input });
  return { input, output, toBytes, toMessage };
}

async function* requestsOf(
  call: GrpcCall,
  decode: (bytes: Uint8Array) => Message,
): AsyncGenerator<Message, void, undefined> {
  // The end of reading would otherwise end the call without a status.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const bytes of requests) yield decode(bytes);
}

async function write(call: GrpcCall, bytes: Uint8Array): Promise<void> {
  if (call.write(Buffer.from(bytes)) || call.cancelled) return;
  await new Promise<void>((resolve) => {
    call.once('drain', resolve).once('cancelled', resolve);
  });
}

function headersOf(metadata: Metadata): [string, string][] {
  return Object.entries(metadata.toJSON()).flatMap(([name, values]) =>
    OWN_HEADER.test(name) ? [] : values.map((value): [string, string] => [name, value.toString()]),
  );
}

function statusOf(error: ConnectError): StatusObject {
  const { code, rawMessage, details } = error;
  const metadata = new Metadata();
  const requestId = error.metadata.get('x-request-id');
  if (requestId !== null) metadata.set('x-request-id', requestId);
  const all = details.map((detail) => {
    if (!('type' in detail)) throw new Error('the details of a received error are encoded');
    return { typeUrl: `type.googleapis.com/${detail.type}`, value: Buffer.from(detail.value) };
  });
  const status = Status.encode({ code, message: rawMessage, details: all }).finish();
  if (all.length > 0) metadata.set('grpc-status-details-bin', Buffer.from(status));
  // The codes of Connect are those of gRPC.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
  return { code: code as number, details: rawMessage, metadata };
}

function definitionOf(path: string): MethodDefinition<Buffer, Buffer> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}
