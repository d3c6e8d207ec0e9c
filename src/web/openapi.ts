import {
  ScalarType,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';

type Json = Readonly<Record<string, unknown>>;

const INT32 = { type: 'integer', format: 'int32' };
const UINT32 = { type: 'integer', format: 'uint32', minimum: 0 };
const INT64 = { type: 'string', format: 'int64' };
const UINT64 = { type: 'string', format: 'uint64' };
const FLOAT = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] };

const SCALARS: Readonly<Record<ScalarType, Json>> = {
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.DOUBLE]: FLOAT,
  [ScalarType.FLOAT]: FLOAT,
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
};

/** Types that have a JSON form of their own: https://protobuf.dev/programming-guides/json/ */
const WELL_KNOWN: Readonly<Record<string, Json>> = {
  'google.protobuf.Any': { type: 'object' },
  'google.protobuf.Duration': { type: 'string', pattern: String.raw`^-?\d+(\.\d{1,9})?s$` },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.ListValue': { type: 'array' },
  'google.protobuf.NullValue': { type: 'null' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Value': {},
};

/** A message that is written as the value of its single field. */
const WRAPPER = /^google\.protobuf\.(Bool|Bytes|Double|Float|U?Int(32|64)|String)Value$/;

const ERROR = {
  type: 'object',
  required: ['code'],
  properties: {
    code: { type: 'string', description: 'A gRPC code, such as `not_found`.' },
    message: { type: 'string' },
    details: { type: 'array', items: { type: 'object' } },
  },
};
const ERROR_REF = { $ref: '#/components/schemas/connect.Error' };
const ERROR_LINE = { type: 'object', required: ['error'], properties: { error: ERROR_REF } };

const REQUESTS = 'Requests are an array of messages, or messages one after the other.';
const RESPONSES =
  'Responses are lines of JSON, one message each. If the call fails after the first one, the last ' +
  'line is an object with the `error`.';

/** An OpenAPI 3.1 document of methods, by path, as they are called with JSON. */
export function openApiOf(methods: ReadonlyMap<string, DescMethod>): object {
  const schemas = new Schemas();
  const paths = Array.from(methods, ([path, method]) => [path, operationsOf(method, schemas)]);
  return {
    openapi: '3.1.0',
    info: { title: 'The services of this server', version: '1' },
    // A key or a token is needed only where access control is on.
    security: [{}, { bearer: [] }],
    paths: Object.fromEntries(paths) as Json,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(schemas.byName),
    },
  };
}

/** A POST, and a GET if the call may be one. */
function operationsOf(method: DescMethod, schemas: Schemas): Json {
  const { parent, name, methodKind, idempotency } = method;
  const operationId = `${parent.typeName}.${name}`;
  const takesStream = methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
  const returnsStream = methodKind === 'server_streaming' || methodKind === 'bidi_streaming';
  const input = schemas.referTo(method.input);
  const output = schemas.referTo(method.output);
  const message = { 'application/json': { schema: input } };
  const messages = {
    'application/json': { schema: { type: 'array', items: input } },
    'application/x-ndjson': { schema: input },
  };
  const responses = {
    200: {
      description: returnsStream ? RESPONSES : 'The response.',
      content: returnsStream
        ? { 'application/x-ndjson': { schema: { anyOf: [output, ERROR_LINE] } } }
        : { 'application/json': { schema: output } },
    },
    default: { description: 'An error.', content: { 'application/json': { schema: ERROR_REF } } },
  };
  const common = { tags: [parent.typeName], deprecated: method.deprecated, responses };
  const requestBody = takesStream
    ? { required: true, description: REQUESTS, content: messages }
    : { required: true, content: message };
  const post = { operationId, ...common, requestBody };
  if (methodKind !== 'unary' || idempotency !== IdempotencyLevel.NO_SIDE_EFFECTS) return { post };
  const parameters = [
    { name: 'encoding', in: 'query', required: true, schema: { const: 'json' } },
    { name: 'message', in: 'query', required: true, content: message },
  ];
  return { post, get: { operationId: `${operationId}.get`, ...common, parameters } };
}

/** The schemas of all types that have been referred to. */
class Schemas {
  readonly byName = new Map<string, Json>([['connect.Error', ERROR]]);

  referTo(type: DescMessage | DescEnum): Json {
    const { typeName } = type;
    if (!this.byName.has(typeName)) {
      // A message may contain itself.
      this.byName.set(typeName, {});
      this.byName.set(typeName, WELL_KNOWN[typeName] ?? this.#schemaOf(type));
    }
    return { $ref: `#/components/schemas/${typeName}` };
  }

  #schemaOf(type: DescMessage | DescEnum): Json {
    if (type.kind === 'enum') return { type: 'string', enum: type.values.map(({ name }) => name) };
    const [first] = type.fields;
    if (first !== undefined && WRAPPER.test(type.typeName)) return this.#valueOf(first);
    const fields = type.fields.map((field) => [field.jsonName, this.#fieldOf(field)]);
    const properties = Object.fromEntries(fields) as Json;
    const oneofs = type.oneofs.map(({ fields }) => atMostOneOf(fields));
    return { type: 'object', properties, ...(oneofs.length === 0 ? {} : { allOf: oneofs }) };
  }

  #fieldOf(field: DescField): Json {
    const value = this.#valueOf(field);
    if (field.fieldKind === 'list') return { type: 'array', items: value };
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: value };
    return value;
  }

  #valueOf(field: DescField): Json {
    if (field.scalar !== undefined) return SCALARS[field.scalar];
    return this.referTo(field.message ?? field.enum);
  }
}

function atMostOneOf(fields: readonly DescField[]): Json {
  const each = fields.map(({ jsonName }) => ({ required: [jsonName] }));
  return { oneOf: [...each, { not: { anyOf: each } }] };
}
