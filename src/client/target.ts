import { isIP } from 'node:net';

/** A target, or several. */
export type Target = string | readonly string[];

/** Splits a target into addresses that grpc-js takes; throws a TypeError for what is none. */
export function addressesOf(target: Target): string[] {
  const list: readonly unknown[] = typeof target === 'string' ? target.split(',') : target;
  if (!Array.isArray(list) || list.length === 0) throw notATarget(target);
  return list.map((address) => {
    if (typeof address !== 'string' || !isAddress(address.trim())) throw notATarget(address);
    return toGrpcAddress(address.trim());
  });
}

/** Whether an address can only be this machine's. */
export function isLoopback(address: string): boolean {
  if (address.startsWith('unix:')) return true;
  const host = address.replace(/^(dns|ipv4|ipv6):(\/\/[^/]*\/)?/, '').replace(/:\d+$/, '');
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function isAddress(address: string): boolean {
  if (/^(dns|ipv4|ipv6|unix|unix-abstract):/.test(address)) return true;
  const [, host, port] = /^(\[[0-9a-fA-F:.%]+\]|[\w.-]+):(\d{1,5})$/.exec(address) ?? [];
  return host !== undefined && Number(port) <= 65_535 && Number(port) > 0;
}

function toGrpcAddress(address: string): string {
  // Without a scheme, grpc-js may take "localhost:1" for the scheme "localhost".
  return /^(dns|ipv4|ipv6|unix|unix-abstract):/.test(address) ? address : `dns:${address}`;
}

function notATarget(target: unknown): TypeError {
  return new TypeError(
    `connect: ${JSON.stringify(target)} is no target: give 'host:port', 'dns:///name:port', or a list of them`,
  );
}
