import {
  checkAlgorithms,
  settings,
  type CallerLimits,
  type JwtAuth,
  type MtlsAuth,
} from '../../config.js';
import type { KeyStore } from '../../directory/store.js';
import type { Middleware, Service } from '../../rpc/index.js';
import { StartError } from '../listen.js';
import type { Log } from '../log.js';
import { accessControl } from './access-control.js';
import { bearerAuthenticator, type Authenticator, type TokenVerifier } from './authenticator.js';
import { CachedKeys } from './cached-keys.js';
import { LimitedCallers } from './caller-limits.js';
import { FailedLogins } from './failed-logins.js';
import { issuerKeys } from './jwks.js';
import { jwtVerifier } from './jwt.js';
import { keyVerifier } from './keys.js';
import { methodRules, type MethodRule, type MethodScopes } from './method-rules.js';
import { certificateAuthenticator } from './mtls.js';

/** Who may call a server: with `keys`, the callers whose keys that store has. */
export type ServerAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'keys'; readonly store: KeyStore }
  | JwtAuth
  | MtlsAuth;

/** What access control is made of. */
export interface AccessControlOptions {
  readonly auth?: ServerAuth | undefined;
  readonly scopes?: MethodScopes | undefined;
  readonly callerLimits?: Partial<CallerLimits> | undefined;
  readonly log: Log;
}

/** The access control of a running server. */
export interface AccessControl {
  readonly middleware: Middleware;
  /** Stops watching files. */
  close(): void;
}

/**
 * The access control of a server with these services; undefined if everyone may call. Throws a
 * StartError for a method without a scope, and for a file that cannot be used.
 */
export function openAccess(
  services: readonly Service[],
  { auth = { kind: 'none' }, scopes, callerLimits, log }: AccessControlOptions,
): AccessControl | undefined {
  const isOpen = auth.kind === 'none';
  // The table is also checked without access control: a gap in it is found on the first start.
  const rules = isOpen && scopes === undefined ? undefined : methodRules(services, scopes ?? {});
  if (isOpen || rules === undefined) return undefined;
  const authenticator = authenticatorOf(auth, scopesIn(rules), log);
  const callers = new LimitedCallers({ ...defaultLimits(), ...callerLimits });
  return {
    middleware: accessControl({ rules, authenticator, callers, log }),
    close: () => authenticator.close?.(),
  };
}

function scopesIn(rules: ReadonlyMap<string, MethodRule>): ReadonlySet<string> {
  return new Set(Array.from(rules.values(), ({ scope }) => scope));
}

function authenticatorOf(
  auth: Exclude<ServerAuth, { kind: 'none' }>,
  scopes: ReadonlySet<string>,
  log: Log,
): Authenticator {
  switch (auth.kind) {
    case 'mtls':
      return certificateAuthenticator(auth.clients, scopes, log);
    case 'keys': {
      const keys = auth.store instanceof CachedKeys ? auth.store : new CachedKeys(auth.store);
      return bearerAuthenticator(keyVerifier(keys), new FailedLogins());
    }
    case 'jwt':
      return bearerAuthenticator(jwtVerifierOf(auth, log), new FailedLogins());
  }
}

function jwtVerifierOf(auth: JwtAuth, log: Log): TokenVerifier {
  const { issuer, audience, jwks, algorithms = defaultOf('jwtAlgorithms') } = auth;
  try {
    checkAlgorithms(algorithms);
  } catch (error) {
    throw new StartError(`the algorithms of tokens ${(error as Error).message}`);
  }
  return jwtVerifier({ issuer, audience, algorithms }, issuerKeys(jwks, log));
}

function defaultLimits(): CallerLimits {
  return {
    readsPerSecond: defaultOf('callerReads'),
    writesPerSecond: defaultOf('callerWrites'),
    openStreams: defaultOf('callerStreams'),
  };
}

function defaultOf<Name extends 'jwtAlgorithms' | 'callerReads' | 'callerWrites' | 'callerStreams'>(
  name: Name,
): ReturnType<(typeof settings)[Name]['parse']> {
  const { parse, default: text = '' } = settings[name];
  return parse(text) as ReturnType<(typeof settings)[Name]['parse']>;
}
