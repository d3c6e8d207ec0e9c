import { personGuideSuite } from './person-guide-suite.js';
import { openInProcess } from './services-under-test.js';

personGuideSuite('SQLite, in memory', () => openInProcess(':memory:'));
