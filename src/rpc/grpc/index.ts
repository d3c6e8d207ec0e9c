export { redirectGrpcLog } from './grpc-logger.js';
export type { RefusalKind, RefusalListener } from './admit-stream.js';
export { connectTo, createGrpcServer, type GrpcServerOptions } from './serve.js';
