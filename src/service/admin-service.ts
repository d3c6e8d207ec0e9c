import Long from 'long';
import { AdminServiceDefinition } from '../../gen/personguide/admin/v1/admin.js';
import { backUp } from '../directory/backup.js';
import { backupNotLocal } from '../directory/errors.js';
import type { Store } from '../directory/store.js';
import { service, type Service } from '../rpc/index.js';
import { requireLocal } from './require-local.js';

/** The AdminService on a store; proto/personguide/admin/v1/admin.proto defines each call. */
export function adminService(store: Store): Service {
  return service(AdminServiceDefinition, {
    backup: async function* (_, call) {
      requireLocal(call, backupNotLocal);
      const parts = backUp(store, { signal: call.cancellation });
      for await (const { data, sentBytes, totalBytes } of parts) {
        yield {
          data,
          sentBytes: Long.fromNumber(sentBytes),
          totalBytes: Long.fromNumber(totalBytes),
        };
      }
    },
  });
}
