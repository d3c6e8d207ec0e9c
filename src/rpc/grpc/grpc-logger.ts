import { setLogger } from '@grpc/grpc-js';

/**
 * The texts of grpc-js that contain no metadata, and so no token. Of each line, only what matches
 * here reaches our log; the sources are in build/src of grpc-js.
 */
const SAFE_TEXTS: readonly RegExp[] = [
  // metadata.js, fromHttp2Headers: the value follows after the colon.
  /^Failed to add metadata entry [\w.-]+(?=:)/,
  // logging.js, trace: the time, the version and the module; the text follows after the bar.
  /^\S+ \| v[\d.]+ \d+ \| \w+(?= \|)/,
  // server.js, bindMany and credentials.
  /^(No address added out of total \d+ resolved|WARNING Only \d+ addresses added)/,
  /^Failed to set secure context with error/,
];

/**
 * Takes the log lines of grpc-js away from standard error and passes each to `log`, cut to the part
 * that is known to contain no metadata: grpc-js prints header values, tokens among them, when it
 * cannot read a header. Call this before anything else of grpc-js.
 */
export function redirectGrpcLog(log: (text: string) => void): void {
  const line = (...parts: unknown[]): void => {
    log(`grpc-js: ${safeText(parts.map(String).join(' '))}`);
  };
  setLogger({ error: line, info: line, debug: line });
}

function safeText(text: string): string {
  for (const pattern of SAFE_TEXTS) {
    const match = pattern.exec(text);
    if (match !== null) return `${match[0]} (the rest is not shown)`;
  }
  return `a message of ${text.length} characters, which is not shown because it may contain metadata`;
}
