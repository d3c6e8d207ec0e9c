import { createSchema, postgresServer } from '../test-support/postgres.js';
import { processesSuite } from './processes-suite.js';

processesSuite('PostgreSQL', async () => {
  const server = await postgresServer();
  const schema = await createSchema(server);
  return {
    url: schema.url,
    remove: async () => {
      await schema.remove();
      await server.stop();
    },
  };
});
