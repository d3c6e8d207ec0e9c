import { personGuideSuite } from './person-guide-suite.js';
import { openOnPostgres } from './services-under-test.js';

personGuideSuite('PostgreSQL', openOnPostgres);
