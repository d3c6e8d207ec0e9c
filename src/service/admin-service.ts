import Long from 'long';
import { AdminServiceDefinition } from '../../gen/personguide/admin/v1/admin.js';
import { backUp } from '../directory/backup.js';
import { backupNotLocal } from '../directory/errors.js';
import type { Store } from '../directory/store.js';
import { isLoopback } from '../host-port.js';
import { service, type Call, type Service } from '../rpc/index.js';

/** The AdminService on a store; proto/personguide/admin/v1/admin.proto defines each call. */
export function adminService(store: Store): Service {
  return service(AdminServiceDefinition, {
    backup: async function* (_, call) {
      requireLocal(call);
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

/** Access control does not exist yet; until then, only the operator of the machine is trusted. */
function requireLocal({ peer }: Call): void {
  const host = peer.slice(0, peer.lastIndexOf(':'));
  if (!isLoopback(host)) throw backupNotLocal();
}
