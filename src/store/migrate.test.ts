import { migrate, type Migration } from './migrate.js';

const migrations: Migration[] = [1, 2, 3].map((version) => ({ version, sql: `step ${version}` }));

async function appliedFrom(version: number): Promise<number[]> {
  const applied: number[] = [];
  const target = {
    name: 'people.db',
    version: () => version,
    apply: (migration: Migration) => applied.push(migration.version),
  };
  await migrate(target, migrations);
  return applied;
}

describe('migrate', () => {
  it('applies the missing migrations, in order', async () => {
    expect(await appliedFrom(0)).toEqual([1, 2, 3]);
    expect(await appliedFrom(2)).toEqual([3]);
    expect(await appliedFrom(3)).toEqual([]);
  });

  it('rejects a database that is newer, and applies nothing', async () => {
    await expect(appliedFrom(4)).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'SCHEMA_TOO_NEW',
    });
  });

  it('stops at a migration that fails', async () => {
    const applied: number[] = [];
    const target = {
      name: 'people.db',
      version: () => 0,
      apply: ({ version }: Migration) => {
        if (version === 2) throw new Error('no such table');
        applied.push(version);
      },
    };
    await expect(migrate(target, migrations)).rejects.toThrow('no such table');
    expect(applied).toEqual([1]);
  });
});
