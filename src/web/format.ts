import type { Protocol } from '../rpc/index.js';

/** What the body of a request is, by its content type. */
export interface Format {
  readonly protocol: Protocol;
  readonly isJson: boolean;
  /**
   * `message`: one message. `envelopes`: messages with prefixes, as Connect and gRPC-Web have them.
   * `values`: JSON values, one after the other or in an array.
   */
  readonly body: 'message' | 'envelopes' | 'values';
  /** Whether the whole body is base64. */
  readonly isText: boolean;
  /** As the library knows it. */
  readonly contentType: string;
}

const CHARSET = /^charset="?utf-?8"?$/i;

/**
 * The format of a request by its content type and, for plain JSON, by whether its method has one
 * request and one response; undefined for any other type. All of these make a browser ask first
 * (`OPTIONS`) before it sends them to another origin.
 */
export function formatOf(
  contentType: string,
  isUnary: boolean,
  isConnect: boolean,
): Format | undefined {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  if (!parameters.every((parameter) => parameter === '' || CHARSET.test(parameter))) {
    return undefined;
  }
  return plain(type.toLowerCase(), isUnary, isConnect) ?? connect(type) ?? grpcWeb(type);
}

function plain(type: string, isUnary: boolean, isConnect: boolean): Format | undefined {
  const protocol = isConnect ? 'connect' : 'json';
  const json = { protocol, isJson: true, isText: false } as const;
  switch (type) {
    case 'application/json':
      if (isUnary) return { ...json, body: 'message', contentType: type };
      return { ...json, body: 'values', contentType: 'application/connect+json' };
    case 'application/x-ndjson':
    case 'application/jsonl':
      if (isUnary) return undefined;
      return { ...json, body: 'values', contentType: 'application/connect+json' };
    case 'application/proto':
      if (!isUnary) return undefined;
      return { ...json, protocol: 'connect', isJson: false, body: 'message', contentType: type };
    default:
      return undefined;
  }
}

const CONNECT = /^application\/connect\+(proto|json)$/i;
const GRPC_WEB = /^application\/grpc-web(-text)?(?:\+(proto|json))?$/i;

function connect(contentType: string): Format | undefined {
  const codec = CONNECT.exec(contentType)?.[1]?.toLowerCase();
  if (codec === undefined) return undefined;
  const isJson = codec === 'json';
  return { protocol: 'connect', isJson, body: 'envelopes', isText: false, contentType };
}

function grpcWeb(contentType: string): Format | undefined {
  const [matched, text, codec = 'proto'] = GRPC_WEB.exec(contentType) ?? [];
  if (matched === undefined) return undefined;
  const isJson = codec.toLowerCase() === 'json';
  return {
    protocol: 'grpc-web',
    isJson,
    body: 'envelopes',
    isText: text !== undefined,
    contentType: `application/grpc-web+${isJson ? 'json' : 'proto'}`,
  };
}
