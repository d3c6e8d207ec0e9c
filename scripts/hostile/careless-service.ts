/**
 * A service built on this server whose handlers are wrong: one never responds, one lets an error out
 * of every promise, as its argument says. Run as `node careless-service.js HOST:PORT thrown|rejected`.
 */
import { GreeterDefinition } from '../../gen/greeter/greeter.js';
import { openLog, service, startServer } from '../../src/server/index.js';

const ADDRESS = process.argv[2] ?? '';
const HOW = process.argv[3];
const error = new Error('outside of every call');

void startServer({
  listen: [ADDRESS],
  log: openLog('info'),
  shutdownGraceMs: 2000,
  services: [
    service(GreeterDefinition, {
      sayHello: () => new Promise(() => undefined),
      sayHelloAgain: ({ name }) => {
        if (HOW === 'rejected') {
          void Promise.reject(error);
        } else {
          setTimeout(() => {
            throw error;
          });
        }
        return { message: name };
      },
    }),
  ],
}).then((server) => {
  process.once('SIGTERM', () => void server.stop());
});
