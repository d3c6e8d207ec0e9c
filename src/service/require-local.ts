import { isLoopback } from '../host-port.js';
import type { Call } from '../rpc/index.js';

/**
 * Throws the error if access control is off and the caller is on another machine: then only the
 * operator of the machine is trusted.
 */
export function requireLocal({ peer, principal }: Call, toError: () => Error): void {
  if (principal === undefined && !isLoopback(hostOf(peer))) throw toError();
}

/** `127.0.0.1:53412` -> `127.0.0.1` */
function hostOf(peer: string): string {
  return peer.slice(0, peer.lastIndexOf(':'));
}
