import type { ServerInterceptor } from '@grpc/grpc-js';
import { writeBehind } from '../rpc/index.js';

/**
 * Every interceptor of the server, outermost first. The list is short on purpose: an interceptor
 * that does anything to a unary call costs it about a third of its speed, so that log, limits and
 * deadlines live in the adapters of rpc/.
 */
export const interceptors: readonly ServerInterceptor[] = [
  // Gathers the messages of a response stream into few writes; leaves unary calls untouched.
  writeBehind(),
];
