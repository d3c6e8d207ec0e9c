import { personGuideSuite } from './person-guide-suite.js';
import { openDeployed, openInFile, openInProcess, openOnPostgres } from './services-under-test.js';

personGuideSuite('SQLite, in a file', openInFile);
personGuideSuite('SQLite, in memory', () => openInProcess(':memory:'));
personGuideSuite('PostgreSQL', openOnPostgres);

const DEPLOYED = process.env['PERSONGUIDE_ADDRESS'];
if (DEPLOYED !== undefined) {
  personGuideSuite(`the server at ${DEPLOYED}`, () => openDeployed(DEPLOYED));
}
