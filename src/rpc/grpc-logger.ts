import { setLogger } from '@grpc/grpc-js';

/**
 * Takes grpc-js's own log lines away from the standard error and hands each to `log` as one text.
 * Values of metadata are cut out of it: grpc-js prints them, tokens among them, when it cannot read
 * a header. Call this before anything else of grpc-js.
 */
export function quietGrpcLogger(log: (text: string) => void): void {
  const line = (...parts: unknown[]): void => {
    log(withoutMetadata(parts.map(String).join(' ')));
  };
  setLogger({ error: line, info: line, debug: line });
}

function withoutMetadata(text: string): string {
  return text
    .replace(/(Failed to add metadata entry [^:]*): [^]*/, '$1')
    .replace(/(received headers|metadata) [{[][^]*/i, '$1 (not shown)');
}
