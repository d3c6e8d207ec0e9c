import {
  createFileRegistry,
  fromBinary,
  toBinary,
  type DescFile,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  ServerReflectionDefinition,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '../../gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionDefinition as AlphaDefinition } from '../../gen/grpc/reflection/v1alpha/reflection.js';
import { Code, service, type Handlers, type Service } from '../rpc/index.js';

type Query = NonNullable<ServerReflectionRequest['messageRequest']>;
type Result = NonNullable<ServerReflectionResponse['messageResponse']>;

/**
 * The services grpc.reflection.v1.ServerReflection and v1alpha, which are the same on the wire: they
 * describe the services of this server to tools. `descriptorSet` returns an encoded
 * google.protobuf.FileDescriptorSet of their files and all imports, as `buf build` writes it.
 */
export function reflectionServices(
  descriptorSet: () => Uint8Array,
  services: readonly string[],
): Service[] {
  let registry: FileRegistry | undefined;
  // Read at the first request: most servers never receive one, and start sooner without it.
  const load = (): FileRegistry =>
    (registry ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet())));
  const handlers: Handlers<typeof ServerReflectionDefinition> = {
    serverReflectionInfo: async function* (requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: resultOf(load(), services, request.messageRequest),
        };
      }
    },
  };
  return [service(ServerReflectionDefinition, handlers), service(AlphaDefinition, handlers)];
}

function resultOf(
  registry: FileRegistry,
  services: readonly string[],
  query: Query | undefined,
): Result {
  switch (query?.$case) {
    case 'fileByFilename':
      return fileResult(fileNamed(registry, query.value), query.value);
    case 'fileContainingSymbol':
      return fileResult(fileOf(registry, query.value), query.value);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = query.value;
      const file = extensionsOf(registry, containingType).get(extensionNumber);
      return fileResult(file, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      if (registry.getMessage(query.value) === undefined) return notFound(query.value);
      const extensionNumber = [...extensionsOf(registry, query.value).keys()];
      const value = { baseTypeName: query.value, extensionNumber };
      return { $case: 'allExtensionNumbersResponse', value };
    }
    case 'listServices': {
      const service = services.map((name) => ({ name }));
      return { $case: 'listServicesResponse', value: { service } };
    }
    case undefined:
      return error(Code.INVALID_ARGUMENT, 'the request has no message_request');
  }
}

function fileNamed(registry: FileRegistry, name: string): DescFile | undefined {
  return [...registry.files].find(({ proto }) => proto.name === name);
}

/** The file that declares a symbol: a type or a service, or something inside of one. */
function fileOf(registry: FileRegistry, symbol: string): DescFile | undefined {
  for (let name = symbol; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const found = registry.get(name);
    if (found === undefined) continue;
    const inside = symbol.slice(name.length + 1);
    if (inside === '' || declares(found, inside)) return found.file;
    break;
  }
  return fileOfEnumValue(registry, symbol);
}

/** In protobuf, the full name of an enum value is that of its enum's sibling. */
function fileOfEnumValue(registry: FileRegistry, symbol: string): DescFile | undefined {
  for (const type of registry) {
    if (type.kind !== 'enum') continue;
    const scope = type.typeName.slice(0, type.typeName.length - type.name.length);
    if (type.values.some(({ name }) => scope + name === symbol)) return type.file;
  }
  return undefined;
}

function declares(parent: NonNullable<ReturnType<FileRegistry['get']>>, name: string): boolean {
  switch (parent.kind) {
    case 'service':
      return parent.methods.some((method) => method.name === name);
    case 'message':
      return [...parent.fields, ...parent.oneofs].some((member) => member.name === name);
    case 'enum':
      return parent.values.some((value) => value.name === name);
    case 'extension':
      return false;
  }
}

function extensionsOf(registry: FileRegistry, typeName: string): Map<number, DescFile> {
  const found = new Map<number, DescFile>();
  for (const type of registry) {
    if (type.kind === 'extension' && type.extendee.typeName === typeName) {
      found.set(type.number, type.file);
    }
  }
  return found;
}

function fileResult(file: DescFile | undefined, name: string): Result {
  if (file === undefined) return notFound(name);
  const files = new Set<DescFile>();
  const collect = (next: DescFile): void => {
    if (files.has(next)) return;
    files.add(next);
    next.dependencies.forEach(collect);
  };
  collect(file);
  const fileDescriptorProto = Array.from(files, ({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
  );
  return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function notFound(name: string): Result {
  return error(Code.NOT_FOUND, `${name} is not in the contract of this server`);
}

function error(errorCode: Code, errorMessage: string): Result {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
