import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { Server } from '@grpc/grpc-js';

/** The contract that this package ships. */
export const protoRoot = findProtoRoot(__dirname);

/**
 * Serves reflection, v1 and v1alpha, for those services, so that tools call them without protos.
 * `root` is a folder of .proto files; all of them are read.
 */
export function addReflection(server: Server, root: string, services: readonly string[]): void {
  // Fed with files, not with a descriptor set: from a set the library loses the imports.
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const definition = loadSync(
    files.filter((file) => file.endsWith('.proto')),
    { includeDirs: [root], keepCase: true },
  );
  new ReflectionService(definition, { services: [...services] }).addToServer(server);
}

/** From dist/src/server in a package, from src/server under test. */
function findProtoRoot(from: string): string {
  const root = join(from, '..', '..', 'proto');
  return existsSync(root) ? root : join(from, '..', '..', '..', 'proto');
}
