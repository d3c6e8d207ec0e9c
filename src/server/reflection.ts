import {
  createFileRegistry,
  fromBinary,
  toBinary,
  type DescFile,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionServer,
} from '../../gen/grpc/reflection/v1/reflection.js';
import type { Rpc } from '../rpc/index.js';

type Question = NonNullable<ServerReflectionRequest['messageRequest']>;
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/**
 * The service grpc.reflection.v1.ServerReflection, and v1alpha, which is the same on the wire:
 * tells tools about those services. `descriptorSet` is an encoded google.protobuf.FileDescriptorSet
 * of their files and all imports, as `buf build` writes it.
 */
export function reflectionService(
  descriptorSet: () => Uint8Array,
  services: readonly string[],
  rpc: Rpc,
): ServerReflectionServer {
  let registry: FileRegistry | undefined;
  // Read when somebody asks: most servers never are, and start sooner without.
  const load = () =>
    (registry ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet())));
  return {
    serverReflectionInfo: rpc.bidiStream(async function* (requests) {
      for await (const request of requests) {
        yield {
          validHost: request.host,
          originalRequest: request,
          messageResponse: answer(load(), services, request.messageRequest),
        };
      }
    }),
  } satisfies ServerReflectionServer;
}

function answer(
  registry: FileRegistry,
  services: readonly string[],
  question: Question | undefined,
): Answer {
  switch (question?.$case) {
    case 'fileByFilename':
      return fileAnswer(registry.getFile(question.value.replace(/\.proto$/, '')), question.value);
    case 'fileContainingSymbol':
      return fileAnswer(fileOf(registry, question.value), question.value);
    case 'fileContainingExtension': {
      const { containingType, extensionNumber } = question.value;
      const file = extensionsOf(registry, containingType).get(extensionNumber);
      return fileAnswer(file, `extension ${extensionNumber} of ${containingType}`);
    }
    case 'allExtensionNumbersOfType': {
      if (registry.getMessage(question.value) === undefined) return notFound(question.value);
      const extensionNumber = [...extensionsOf(registry, question.value).keys()];
      const value = { baseTypeName: question.value, extensionNumber };
      return { $case: 'allExtensionNumbersResponse', value };
    }
    case 'listServices': {
      const service = services.map((name) => ({ name }));
      return { $case: 'listServicesResponse', value: { service } };
    }
    case undefined:
      return error(status.INVALID_ARGUMENT, 'nothing is asked for');
  }
}

/** The file that declares a symbol: a type or a service, or something inside of one. */
function fileOf(registry: FileRegistry, symbol: string): DescFile | undefined {
  for (let name = symbol; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const found = registry.get(name);
    if (found === undefined) continue;
    const inside = symbol.slice(name.length + 1);
    return inside === '' || declares(found, inside) ? found.file : undefined;
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

function fileAnswer(file: DescFile | undefined, asked: string): Answer {
  if (file === undefined) return notFound(asked);
  const files = new Set<DescFile>();
  const collect = (next: DescFile) => {
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

function notFound(asked: string): Answer {
  return error(status.NOT_FOUND, `${asked} is not in the contract of this server`);
}

function error(errorCode: status, errorMessage: string): Answer {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
