import { temporaryFolder } from '../test-support/temporary-folder.js';
import { processesSuite } from './processes-suite.js';

processesSuite('SQLite', () => {
  const folder = temporaryFolder();
  return Promise.resolve({
    url: folder.file('people.db'),
    remove: () => {
      folder[Symbol.dispose]();
      return Promise.resolve();
    },
  });
});
