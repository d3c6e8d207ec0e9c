import { KeyServiceDefinition, type ApiKey } from '../../gen/personguide/admin/v1/keys.js';
import { addKey, keyMessage, revokeKey, type KeyRequest } from '../directory/keys.js';
import { openStore, type Store } from '../store/open.js';
import type { Directory, CallOptions } from '../index.js';
import { CliError } from './cli-error.js';
import { exitCode, type ExitCode } from './exit-code.js';

/** A key, and what its caller sends. */
export interface AddedKey {
  readonly key: ApiKey;
  readonly text: string;
}

/** Where keys are managed: on a server, or in a store that no server uses. */
export interface KeyAdmin {
  add(request: KeyRequest): Promise<AddedKey>;
  list(): Promise<readonly ApiKey[]>;
  revoke(nameOrId: string): Promise<ApiKey | undefined>;
}

/** Manages the keys of a running server. */
export function keysOnServer(directory: Directory, call: CallOptions): KeyAdmin {
  const keys = directory.client(KeyServiceDefinition);
  return {
    add: async ({ name, scopes, expiresAtMs }) => {
      const expiresAt = expiresAtMs === undefined ? undefined : new Date(expiresAtMs);
      const { key, text } = await keys.addKey({ name, scopes: [...scopes], expiresAt }, call);
      if (key === undefined) throw new CliError(exitCode.unexpected, 'the response has no key');
      return { key, text };
    },
    list: async () => (await keys.listKeys({}, call)).keys,
    revoke: async (nameOrId) => (await keys.revokeKey({ nameOrId }, call)).key,
  };
}

/** Opens a store, manages the keys in it, and closes it. */
export async function withKeysOf(
  storeUrl: string,
  run: (keys: KeyAdmin) => Promise<void>,
): Promise<void> {
  const store = await openStore(storeUrl);
  try {
    await run(keysInStore(store));
  } catch (error) {
    throw toCliError(error);
  } finally {
    await store.close();
  }
}

function keysInStore(store: Store): KeyAdmin {
  return {
    add: async (request) => {
      const { row, text } = await addKey(store, request, new Date());
      return { key: keyMessage(row), text };
    },
    list: async () => (await store.listKeys()).map(keyMessage),
    revoke: async (nameOrId) => keyMessage(await revokeKey(store, nameOrId, new Date())),
  };
}

const CODES: Readonly<Record<string, ExitCode>> = {
  invalid: exitCode.invalid,
  'already-exists': exitCode.conflict,
  'not-found': exitCode.notFound,
};

/** The exit code is that of the same error of a server. */
function toCliError(error: unknown): unknown {
  if (!(error instanceof Error) || !('reason' in error)) return error;
  const code = CODES[String(error.reason)];
  return code === undefined ? error : new CliError(code, error.message, { cause: error });
}
