/**
 * The URL of a store without its secrets, for logs, banners and errors: `postgres://ann:***@host`.
 * It also handles malformed URLs, such as a password with an unescaped `@`, `/` or `?`, and then
 * may hide more than the password. A path is returned unchanged.
 */
export function redactedStoreUrl(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]+:(?:\/\/)?/i.exec(url)?.[0];
  if (scheme === undefined || scheme.toLowerCase().startsWith('file:')) return url;
  const afterScheme = url.slice(scheme.length);
  // The last @ of all: everything before it may be part of a password.
  const credentialsEnd = afterScheme.lastIndexOf('@');
  const credentials = afterScheme.slice(0, Math.max(0, credentialsEnd));
  // Either the password has a `?`, or the query has an `@`.
  if (credentials.includes('?')) return `${scheme}***`;
  const user = credentialsEnd < 0 ? '' : `${redactedCredentials(credentials)}@`;
  const [, hosts = '', rest = ''] =
    /^([^/?#]*)(.*)$/s.exec(afterScheme.slice(credentialsEnd + 1)) ?? [];
  return scheme + user + hosts.split(',').map(redactedHost).join(',') + redactedQuery(rest);
}

function redactedCredentials(credentials: string): string {
  const [user = '', ...password] = credentials.split(':');
  if (!/^[\w.~%+-]*$/.test(user)) return '***';
  return password.length === 0 ? user : `${user}:***`;
}

/** What follows the colon is a password if it is not a port and the `@HOST` was forgotten. */
function redactedHost(host: string): string {
  return /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.test(host) ? host : `${host.split(':', 1).join('')}:***`;
}

/** Hides the values of parameters such as `password` and `sslpassword`. */
function redactedQuery(rest: string): string {
  return rest.replaceAll(/([?&;])([^=&;]*)=([^&;#]*)/g, (whole, before: string, name: string) =>
    isSecret(name) ? `${before}${name}=***` : whole,
  );
}

function isSecret(name: string): boolean {
  try {
    return /pass(word|wd)?$|secret|token/i.test(decodeURIComponent(name));
  } catch {
    return true;
  }
}
