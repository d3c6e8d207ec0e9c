import {
  fromBinary,
  toBinary,
  type DescMessage,
  type DescMethod,
  type Message,
} from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { EmptySchema, type Empty } from '@bufbuild/protobuf/wkt';

/** How the messages of a method become what the library passes around, and the other way round. */
export interface MessageCodec {
  /** The type that the library decodes requests as. */
  readonly input: DescMessage;
  /** The type that it encodes responses as. */
  readonly output: DescMessage;
  readonly toBytes: (request: Message) => Uint8Array;
  readonly toMessage: (response: Uint8Array) => Message;
}

/**
 * For binary bodies: to the library, each message is an empty one with unknown fields, which it keeps
 * as bytes. It decodes requests no further than their outermost fields, and responses not at all.
 */
export const opaqueCodec: MessageCodec = {
  input: EmptySchema,
  output: EmptySchema,
  toBytes: (request) => toBinary(EmptySchema, request as Empty),
  toMessage: opaque,
};

/** For JSON bodies: messages have the types of the method. */
export function jsonCodec({ input, output }: DescMethod): MessageCodec {
  return {
    input,
    output,
    toBytes: (request) => toBinary(input, request),
    toMessage: (response) => fromBinary(output, response),
  };
}

/** One unknown field, of whatever length: its tag, and all that follows. */
function opaque(bytes: Uint8Array): Empty {
  if (bytes.length === 0) return { $typeName: EmptySchema.typeName };
  const reader = new BinaryReader(bytes);
  const [no, wireType] = reader.tag();
  const field = { no, wireType, data: bytes.subarray(reader.pos) };
  return { $typeName: EmptySchema.typeName, $unknown: [field] };
}
