export { redirectGrpcLog } from './grpc-logger.js';
export { stopKeepalive } from './grpc-js-internals.js';
export { connectTo, createGrpcServer } from './serve.js';
