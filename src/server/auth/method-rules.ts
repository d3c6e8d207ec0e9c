import { StartError } from '../listen.js';
import type { Service } from '../../rpc/index.js';

/** In place of a scope: the method needs no credentials. */
export const ANYONE = 'anyone';

/** In place of a scope: any scope is enough. */
export const ANY_SCOPE = 'any-scope';

/**
 * The scope that each method needs, by the full name of the method: `/greeter.Greeter/SayHello`.
 * `anyone` lets everyone call it, `any-scope` everyone with at least one scope.
 */
export type MethodScopes = Readonly<Record<string, string>>;

/** What access control knows of a method. */
export interface MethodRule {
  /** A scope, ANYONE or ANY_SCOPE. */
  readonly scope: string;
  /** Whether callers on this machine need no credentials. */
  readonly openOnLoopback: boolean;
  /** Whether it counts as a read: declared NO_SIDE_EFFECTS, or with a scope that ends in `:read`. */
  readonly isRead: boolean;
  readonly isStream: boolean;
}

/** The services that every server has. */
const BUILT_IN = {
  'grpc.health.v1.Health': { scope: ANYONE, openOnLoopback: true },
  'grpc.reflection.v1.ServerReflection': { scope: ANY_SCOPE, openOnLoopback: true },
  'grpc.reflection.v1alpha.ServerReflection': { scope: ANY_SCOPE, openOnLoopback: true },
};

/** The rules of all methods. Throws a StartError that names the first method without a scope. */
export function methodRules(
  services: readonly Service[],
  scopes: MethodScopes,
): ReadonlyMap<string, MethodRule> {
  const rules = new Map<string, MethodRule>();
  for (const { definition } of services) {
    const builtIn = new Map(Object.entries(BUILT_IN)).get(definition.fullName);
    for (const method of Object.values(definition.methods)) {
      const path = `/${definition.fullName}/${method.name}`;
      const scope = builtIn?.scope ?? scopeOf(path, scopes);
      rules.set(path, {
        scope,
        openOnLoopback: builtIn?.openOnLoopback ?? false,
        isRead: hasNoSideEffects(method) || scope.endsWith(':read'),
        isStream: method.requestStream || method.responseStream,
      });
    }
  }
  return rules;
}

function scopeOf(path: string, scopes: MethodScopes): string {
  const scope = Object.hasOwn(scopes, path) ? scopes[path] : undefined;
  if (scope !== undefined && scope !== '') return scope;
  throw new StartError(
    `access control: the method ${path} has no scope; add it to the table of scopes`,
  );
}

function hasNoSideEffects({ options }: { readonly options: object }): boolean {
  return 'idempotencyLevel' in options && options.idempotencyLevel === 'NO_SIDE_EFFECTS';
}
