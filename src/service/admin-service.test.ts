import { openSqliteStore } from '../store/sqlite/sqlite-store.js';
import { backUp } from '../directory/backup.js';
import type { Store } from '../directory/store.js';
import { startDirectory } from '../server/run.js';
import { AdminServiceDefinition } from '../../gen/personguide/admin/v1/admin.js';
import { connect } from '../index.js';
import type { Call, Responses } from '../rpc/index.js';
import { all, failure } from '../test-support/outcome.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { thrownBy } from '../test-support/outcome.js';
import { adminService } from './admin-service.js';

type BackupHandler = (request: object, call: Partial<Call>) => Responses<unknown>;

describe('AdminService', () => {
  it.each(['127.0.0.1:4711', '127.8.9.10:1', '::1:4711', '::ffff:127.0.0.1:4711'])(
    'makes a backup for a caller on its own machine, %s',
    async (peer) => {
      using folder = temporaryFolder();
      const store = await openSqliteStore(folder.file('people.db'));
      const backup = adminService(store).handlers['backup'] as BackupHandler;
      expect((await all(backup({}, { peer }))).length).toBeGreaterThan(0);
      await store.close();
    },
  );

  it.each(['10.0.0.7:4711', '2001:db8::1:4711', '::ffff:10.0.0.7:4711', 'unknown:0'])(
    'makes none for another machine, %s',
    async (peer) => {
      using folder = temporaryFolder();
      const store = await openSqliteStore(folder.file('people.db'));
      const backup = adminService(store).handlers['backup'] as BackupHandler;
      await expect(all(backup({}, { peer }))).rejects.toMatchObject({
        reason: 'conflict',
        code: 'BACKUP_NOT_LOCAL',
      });
      await store.close();
    },
  );

  it('makes one for another machine if access control has let its caller in', async () => {
    using folder = temporaryFolder();
    const store = await openSqliteStore(folder.file('people.db'));
    const backup = adminService(store).handlers['backup'] as BackupHandler;
    const principal = { kind: 'key', subject: 'a', name: 'a', scopes: new Set(['admin']) } as const;
    const parts = await all(backup({}, { peer: '10.0.0.7:4711', principal }));
    expect(parts.length).toBeGreaterThan(0);
    await store.close();
  });

  it('names pg_dump if the store cannot make a backup', () => {
    expect(thrownBy(() => backUp({} as Store, {}))).toMatchObject({
      code: 'BACKUP_UNSUPPORTED',
      message: expect.stringContaining('pg_dump for PostgreSQL') as string,
    });
  });

  it('refuses over the wire with a reason, and goes on', async () => {
    const server = await startDirectory({
      listen: ['127.0.0.1:0'],
      store: ':memory:',
      logLevel: 'silent',
      shutdownGraceMs: 0,
    });
    const directory = connect(server.addresses[0] ?? '');
    const admin = directory.client(AdminServiceDefinition);
    expect(await failure(all(admin.backup({})))).toMatchObject({
      codeName: 'FAILED_PRECONDITION',
      reason: 'BACKUP_UNSUPPORTED',
    });
    expect(await directory.health('personguide.admin.v1.AdminService')).toBe('SERVING');
    directory.close();
    await server.stop();
  });
});
