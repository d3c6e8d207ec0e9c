import { KeyServiceDefinition } from '../../gen/personguide/admin/v1/keys.js';
import { keysNotLocal } from '../directory/errors.js';
import { addKey, keyMessage, revokeKey } from '../directory/keys.js';
import type { KeyStore } from '../directory/store.js';
import { service, type Service } from '../rpc/index.js';
import { requireLocal } from './require-local.js';

/** The KeyService on a store; proto/personguide/admin/v1/keys.proto defines each call. */
export function keyService(store: KeyStore): Service {
  return service(KeyServiceDefinition, {
    addKey: async ({ name, scopes, expiresAt }, call) => {
      requireLocal(call, keysNotLocal);
      const request = { name, scopes, expiresAtMs: expiresAt?.getTime() };
      const { row, text } = await addKey(store, request, new Date(), { signal: call.cancellation });
      return { key: keyMessage(row), text };
    },

    listKeys: async (_, call) => {
      requireLocal(call, keysNotLocal);
      const rows = await store.listKeys({ signal: call.cancellation });
      return { keys: rows.map(keyMessage) };
    },

    revokeKey: async ({ nameOrId }, call) => {
      requireLocal(call, keysNotLocal);
      const row = await revokeKey(store, nameOrId, new Date(), { signal: call.cancellation });
      return { key: keyMessage(row) };
    },
  });
}
