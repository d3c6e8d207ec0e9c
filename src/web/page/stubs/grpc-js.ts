/**
 * What the generated modules name of `@grpc/grpc-js` at run time. The page makes no gRPC clients, so
 * that the bundler can leave these calls out.
 */
// @__NO_SIDE_EFFECTS__
export function makeGenericClientConstructor(): undefined {
  return undefined;
}
