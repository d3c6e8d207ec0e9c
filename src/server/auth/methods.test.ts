import { HealthDefinition } from '../../../gen/grpc/health/v1/health.js';
import { GreeterDefinition } from '../../../gen/greeter/greeter.js';
import { addKey } from '../../directory/keys.js';
import { SCOPES } from '../../directory/scopes.js';
import type { Store } from '../../directory/store.js';
import { service } from '../../rpc/index.js';
import { openStore } from '../../store/open.js';
import { rejectionOf } from '../../test-support/outcome.js';
import { directoryServices, startDirectory, type RunningDirectory } from '../run.js';
import { startServer } from '../start.js';
import { openLog } from '../log.js';
import { callWith } from './calls.test.support.js';
import { directoryScopes } from './directory-scopes.js';

const NO_SUCH_KEY = `pgk_0123456789abcdef_${'a'.repeat(43)}`;

/** Adds a key with those scopes; returns the value of `authorization`. */
async function credentialWith(store: Store, ...scopes: string[]): Promise<string> {
  const name = `k${(await store.listKeys()).length}`;
  const { text } = await addKey(store, { name, scopes, expiresAtMs: undefined }, new Date());
  return `Bearer ${text}`;
}

function pathsOf(store: Store): string[] {
  return directoryServices(store).flatMap(({ definition: { fullName, methods } }) =>
    Object.values(methods).map(({ name }) => `/${fullName}/${name}`),
  );
}

describe('a directory with access control', () => {
  let server: RunningDirectory;
  let address: string;

  // A server for each case: this address may fail only so often.
  beforeEach(async () => {
    server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: ':memory:',
      logLevel: 'silent',
      shutdownGraceMs: 0,
      auth: { kind: 'keys' },
    });
    [address = ''] = server.addresses;
  });

  afterEach(async () => {
    await server.stop();
  });

  it.each(Object.entries(directoryScopes))(
    'lets only callers with the scope call %s',
    async (path, scope) => {
      const needed = `this call needs credentials with the scope ${scope}`;
      for (const credentials of [[], [`Bearer ${NO_SUCH_KEY}`]]) {
        expect(await callWith(address, path, credentials)).toEqual({
          code: 'UNAUTHENTICATED',
          text: needed,
          reason: 'NOT_AUTHENTICATED',
        });
      }
      const others = SCOPES.filter((other) => other !== scope);
      const tooLow = await credentialWith(server.store, ...others);
      expect(await callWith(address, path, [tooLow])).toEqual({
        code: 'PERMISSION_DENIED',
        text: `this call needs the scope ${scope}`,
        reason: 'SCOPE_MISSING',
      });
      const right = await credentialWith(server.store, scope);
      const { code } = await callWith(address, path, [right]);
      expect(['UNAUTHENTICATED', 'PERMISSION_DENIED']).not.toContain(code);
    },
  );

  it('answers for its health without credentials, and with wrong ones', async () => {
    for (const name of ['Check', 'Watch']) {
      const path = `/${HealthDefinition.fullName}/${name}`;
      for (const credentials of [[], [`Bearer ${NO_SUCH_KEY}`]]) {
        // Not refused: the call has no request message.
        expect((await callWith(address, path, credentials)).code).toBe('UNIMPLEMENTED');
      }
    }
  });

  it('describes itself to tools on its own machine without credentials', async () => {
    for (const version of ['v1', 'v1alpha']) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      expect(await callWith(address, path)).toMatchObject({ code: 'OK' });
    }
  });

  it('ends calls of methods that it does not have as before', async () => {
    expect(await callWith(address, '/personguide.PersonGuide/Nothing')).toMatchObject({
      code: 'UNIMPLEMENTED',
    });
  });
});

it('has a scope for each method of the directory, and no others', async () => {
  const store = await openStore(':memory:');
  expect(Object.keys(directoryScopes).sort()).toEqual(pathsOf(store).sort());
  await store.close();
});

describe('a service of your own', () => {
  const greeter = service(GreeterDefinition, {
    sayHello: (_, { principal }) => ({ message: `Hello, ${principal?.name ?? 'stranger'}!` }),
    sayHelloAgain: () => ({ message: 'Hello again!' }),
  });
  const options = {
    listen: ['127.0.0.1:0'],
    log: openLog('silent'),
    shutdownGraceMs: 0,
    services: [greeter],
  };

  it('does not start with a method that has no scope, and names it', async () => {
    const store = await openStore(':memory:');
    for (const auth of [{ kind: 'keys', store }, { kind: 'none' }] as const) {
      const scopes = { '/greeter.Greeter/SayHello': 'greet' };
      expect(await rejectionOf(startServer({ ...options, auth, scopes }))).toMatchObject({
        name: 'StartError',
        message: expect.stringContaining('/greeter.Greeter/SayHelloAgain has no scope') as string,
      });
    }
    await store.close();
  });

  it('has scopes of its own, and sees the caller', async () => {
    const store = await openStore(':memory:');
    const server = await startServer({
      ...options,
      auth: { kind: 'keys', store },
      scopes: { '/greeter.Greeter/SayHello': 'greet', '/greeter.Greeter/SayHelloAgain': 'anyone' },
    });
    const [address = ''] = server.addresses;
    const request = { name: 'shop', scopes: ['greet'], expiresAtMs: undefined };
    const { text } = await addKey(store, request, new Date(), { knownScopes: ['greet'] });
    const hello = '/greeter.Greeter/SayHello';
    expect((await callWith(address, hello)).code).toBe('UNAUTHENTICATED');
    expect((await callWith(address, `${hello}Again`)).code).toBe('UNIMPLEMENTED');
    expect((await callWith(address, hello, [`Bearer ${text}`])).code).toBe('UNIMPLEMENTED');
    await server.stop();
    await store.close();
  });
});
