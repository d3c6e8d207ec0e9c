import type { BenchedClient } from './benched-client.js';
import { connectStub } from './stub.js';

/** The product's client. */
export function connectProduct(port: number): BenchedClient {
  return connectStub(port);
}
