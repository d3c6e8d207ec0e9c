import { isLoopback, parseHostPort } from '../host-port.js';

/** One address or several: `host:port`, or an address with a scheme, such as `dns:///name:port`. */
export type Target = string | readonly string[];

/** The schemes that grpc-js resolves. */
const SCHEME = /^(dns|ipv4|ipv6|unix|unix-abstract):/;

/**
 * Splits a target into addresses that grpc-js takes. Throws a TypeError that quotes the first
 * invalid address.
 */
export function addressesOf(target: Target): string[] {
  const list: readonly unknown[] = typeof target === 'string' ? target.split(',') : target;
  if (!Array.isArray(list) || list.length === 0) throw invalidTarget(target);
  return list.map((address) => {
    if (typeof address !== 'string' || !isTargetAddress(address.trim())) {
      throw invalidTarget(address);
    }
    return toGrpcAddress(address.trim());
  });
}

/** Whether the text is one address that connect() takes. */
export function isTargetAddress(text: string): boolean {
  return SCHEME.test(text) || parseHostPort(text, 'connect') !== undefined;
}

/** Whether only programs on this machine can listen at an address of addressesOf(). */
export function isLoopbackAddress(address: string): boolean {
  if (address.startsWith('unix')) return true;
  const endpoint = address.replace(/^(dns|ipv4|ipv6):(\/\/[^/]*\/)?/, '');
  return isLoopback(parseHostPort(endpoint, 'connect')?.host ?? endpoint.replace(/^\[|\]$/g, ''));
}

function toGrpcAddress(address: string): string {
  // Without a scheme, grpc-js may take "localhost:1" for the scheme "localhost".
  return SCHEME.test(address) ? address : `dns:${address}`;
}

function invalidTarget(target: unknown): TypeError {
  return new TypeError(
    `connect: ${JSON.stringify(target)} is not a target: ` +
      "it must be 'host:port', 'dns:///name:port', or a list of them",
  );
}
