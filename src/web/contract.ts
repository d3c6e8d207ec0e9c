import {
  createFileRegistry,
  fromBinary,
  type DescMethod,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** What a server serves over HTTP. */
export interface Contract {
  readonly registry: FileRegistry;
  /** By path: `/personguide.PersonGuide/GetPhone`. */
  readonly methods: ReadonlyMap<string, DescMethod>;
}

/** Reads an encoded google.protobuf.FileDescriptorSet; `paths` are the methods to keep, or all. */
export function readContract(descriptorSet: Uint8Array, paths?: readonly string[]): Contract {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
  const served = paths === undefined ? undefined : new Set(paths);
  const methods = new Map<string, DescMethod>();
  for (const type of registry) {
    if (type.kind !== 'service') continue;
    for (const method of type.methods) {
      const path = `/${type.typeName}/${method.name}`;
      if (served?.has(path) ?? true) methods.set(path, method);
    }
  }
  return { registry, methods };
}
