import { userServiceSuite } from './user-service-suite.js';
import { openDeployed, openInFile, openInProcess, openOnPostgres } from './services-under-test.js';

userServiceSuite('SQLite, in a file', openInFile);
userServiceSuite('SQLite, in memory, all calls through grpc-js', () =>
  openInProcess(':memory:', true),
);
userServiceSuite('PostgreSQL', openOnPostgres);

const DEPLOYED = process.env['PERSONGUIDE_ADDRESS'];
if (DEPLOYED !== undefined) {
  userServiceSuite(`the server at ${DEPLOYED}`, () => openDeployed(DEPLOYED));
}
