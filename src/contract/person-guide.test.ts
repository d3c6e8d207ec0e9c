import { personGuideSuite } from './person-guide-suite.js';
import { openDeployed, openInFile } from './services-under-test.js';

// One file for each server, so that they run side by side.
personGuideSuite('SQLite, in a file', openInFile);

const DEPLOYED = process.env['PERSONGUIDE_ADDRESS'];
if (DEPLOYED !== undefined) {
  personGuideSuite(`the server at ${DEPLOYED}`, () => openDeployed(DEPLOYED));
}
