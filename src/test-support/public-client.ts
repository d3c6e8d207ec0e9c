import { writeFileSync } from 'node:fs';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import type { ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { temporaryFolder } from './temporary-folder.js';

type Client = InstanceType<ServiceClientConstructor>;

/** A client as others have it: generated from the text of a proto, with nothing of ours in it. */
export function publicClient(protoText: string, service: string, address: string): Client {
  using folder = temporaryFolder();
  writeFileSync(folder.file('public.proto'), protoText);
  const definition = loadSync('public.proto', { includeDirs: [folder.path], keepCase: true });
  let found: unknown = loadPackageDefinition(definition);
  for (const name of service.split('.')) found = (found as Record<string, unknown>)[name];
  return new (found as ServiceClientConstructor)(address, credentials.createInsecure());
}

type UnaryCall = (
  request: unknown,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => unknown;

/** Makes a unary call of it with those headers, within ten seconds. */
export function callUnary(
  client: Client,
  method: string,
  request: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve, reject) => {
    const call = (client[method] as UnaryCall).bind(client);
    call(request, metadata, { deadline: Date.now() + 10_000 }, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}
