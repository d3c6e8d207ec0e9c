import { personGuideSuite } from './person-guide-suite.js';
import { openDeployed, openInFile, openInProcess } from './services-under-test.js';

personGuideSuite('SQLite, in a file', openInFile);
personGuideSuite('SQLite, in memory', () => openInProcess(':memory:'));

const deployed = process.env['PERSONGUIDE_ADDRESS'];
if (deployed !== undefined)
  personGuideSuite(`the server at ${deployed}`, () => openDeployed(deployed));
