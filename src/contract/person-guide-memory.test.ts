import { personGuideSuite } from './person-guide-suite.js';
import { openInProcess } from './services-under-test.js';

// The calls of the other servers are carried without grpc-js.
personGuideSuite('SQLite, in memory, all calls through grpc-js', () =>
  openInProcess(':memory:', true),
);
