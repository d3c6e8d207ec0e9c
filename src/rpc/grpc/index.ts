export { redirectGrpcLog } from './grpc-logger.js';
export { stopKeepalive } from './grpc-js-internals.js';
export { createGrpcServer } from './serve.js';
