/**
 * `personguide/server`: the directory's server, and what it is made of, for services of your own.
 * @packageDocumentation
 */
export { DirectoryError, invalid, type Reason, type Violation } from '../directory/errors.js';
export type { DirectoryOptions } from '../directory-options.js';
export {
  createRpc,
  wireDefinition,
  type Call,
  type EndedCall,
  type Requests,
  type Rpc,
} from '../rpc/index.js';
export { StartError, type TlsFiles } from './listen.js';
export { openLog, type Log } from './log.js';
export { directoryServices, startDirectory, type RunningDirectory } from './run.js';
export { startServer, type RunningServer, type ServerOptions, type Service } from './start.js';
