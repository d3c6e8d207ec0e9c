import { storeSuite } from '../../contract/store-suite.js';
import { createSchema, postgresServer, type PostgresServer } from '../../test-support/postgres.js';
import { openPostgresStore } from './postgres-store.js';

// Commits wait for the disk, which may be slow.
jest.setTimeout(60_000);

let server: PostgresServer;

beforeAll(async () => {
  server = await postgresServer();
});

afterAll(async () => {
  await server.stop();
});

storeSuite('PostgreSQL', true, async () => {
  const schema = await createSchema(server);
  return {
    open: (options) => openPostgresStore(schema.url, options),
    remove: () => schema.remove(),
  };
});
