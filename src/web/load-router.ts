import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RequestRouter, RouterOptions } from './router.js';

/* eslint-disable @typescript-eslint/no-require-imports -- not import(): jest cannot run it in
   CommonJS; a bundler still sees these */

/** What the router is built on: each takes up to 20 ms to load. */
const PARTS = [
  (): unknown => require('@connectrpc/connect/protocol'),
  (): unknown => require('@connectrpc/connect/protocol-grpc-web'),
  (): unknown => require('@connectrpc/connect'),
  (): unknown => require('./router.js'),
];

let isLoaded = false;
let loading: Promise<void> | undefined;

/**
 * Loads the router and its library, which servers for gRPC alone never need; undefined once they are
 * loaded. It takes 80 ms of a server that has just started, in parts, so that other calls get their
 * turns between them.
 */
export function loadLibrary(): Promise<void> | undefined {
  return isLoaded ? undefined : (loading ??= loadParts());
}

async function loadParts(): Promise<void> {
  for (const load of PARTS) {
    load();
    await nextTurn();
  }
  isLoaded = true;
}

/** To be called once the library is loaded. */
export function createRouter(options: RouterOptions): RequestRouter {
  const module = require('./router.js') as typeof import('./router.js');
  return new module.RequestRouter(options);
}
