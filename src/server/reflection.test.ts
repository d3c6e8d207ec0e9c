import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import {
  ServerReflectionClient,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionClient as AlphaClient } from '../../gen/grpc/reflection/v1alpha/reflection.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { startDirectory, type RunningDirectory } from './run.js';

let directory: RunningDirectory;

beforeAll(async () => {
  const settings = { store: ':memory:', logLevel: 'silent', shutdownGraceMs: 0 } as const;
  directory = await startDirectory({ ...settings, listen: ['127.0.0.1:0'] });
});

afterAll(() => directory.stop());

type Query = ServerReflectionRequest['messageRequest'];
type Result = ServerReflectionResponse['messageResponse'];

describe.each([
  ['v1', ServerReflectionClient],
  ['v1alpha', AlphaClient as unknown as typeof ServerReflectionClient],
])('reflection %s', (_, constructor) => {
  async function ask(messageRequest: Query): Promise<Result> {
    using client = clientOf(constructor, directory.addresses[0] ?? '');
    const call = client.serverReflectionInfo();
    const end = statusOf(call);
    call.write({ host: '', messageRequest });
    const { messageResponse } = await messageOf<ServerReflectionResponse>(call);
    call.end();
    await end;
    return messageResponse;
  }

  /** The names of the files of a result; the first is the one that was asked for. */
  function filesOf(result: Result): string[] {
    if (result?.$case !== 'fileDescriptorResponse') throw new Error(JSON.stringify(result));
    return result.value.fileDescriptorProto.map(
      (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
    );
  }

  it.each([
    'personguide/person_guide.proto',
    'grpcUser/user.proto',
    'google/protobuf/timestamp.proto',
  ])('finds the file %s by its name', async (value) => {
    expect(filesOf(await ask({ $case: 'fileByFilename', value }))[0]).toBe(value);
  });

  it('sends the imports of a file with it', async () => {
    const value = 'personguide/person_guide.proto';
    expect(filesOf(await ask({ $case: 'fileByFilename', value }))).toContain(
      'google/protobuf/timestamp.proto',
    );
  });

  it.each(['personguide/person_guide', 'person_guide.proto', ''])(
    'does not know a file called "%s"',
    async (value) => {
      const result = await ask({ $case: 'fileByFilename', value });
      expect(result).toMatchObject({ $case: 'errorResponse', value: { errorCode: 5 } });
    },
  );

  it.each([
    ['a service', 'personguide.PersonGuide'],
    ['a method', 'personguide.PersonGuide.GetPhone'],
    ['a message', 'personguide.Person'],
    ['a field', 'personguide.Person.email'],
    ['an enum', 'personguide.PhoneType'],
    ['an enum value', 'personguide.WORK'],
  ])('finds the file that contains %s', async (_kind, value) => {
    expect(filesOf(await ask({ $case: 'fileContainingSymbol', value }))[0]).toBe(
      'personguide/person_guide.proto',
    );
  });

  it.each(['personguide.Nothing', 'personguide.PersonGuide.Nothing', 'WORK', 'Person'])(
    'does not know the symbol %s',
    async (value) => {
      const result = await ask({ $case: 'fileContainingSymbol', value });
      expect(result).toMatchObject({ $case: 'errorResponse', value: { errorCode: 5 } });
    },
  );
});
