import { prepareCounters, type Counters } from './counters.js';
import { closeDatabase, openDatabase, type Database } from './database.js';

describe('counters', () => {
  let database: Database;
  let counters: Counters;

  beforeEach(async () => {
    database = await openDatabase(':memory:');
    counters = prepareCounters(database);
  });

  afterEach(() => {
    closeDatabase(database);
  });

  function stored(): unknown {
    return database
      .prepare('select group_concat(name || first_free_id) as ids from counters')
      .get();
  }

  it('start at 1 and are stored when they are saved', () => {
    expect(counters.firstFreeId('people')).toBe(1);
    counters.setFirstFreeId('people', 8);
    expect(counters.firstFreeId('people')).toBe(8);
    expect(counters.firstFreeId('users')).toBe(1);
    expect(stored()).toEqual({ ids: 'people1,users1' });
    counters.save();
    expect(stored()).toEqual({ ids: 'people8,users1' });
  });

  it('go back to the stored values when they are reset', () => {
    counters.setFirstFreeId('users', 3);
    counters.save();
    counters.setFirstFreeId('users', 9);
    counters.setFirstFreeId('people', 2_147_483_648);
    counters.reset();
    expect(counters.firstFreeId('users')).toBe(3);
    expect(counters.firstFreeId('people')).toBe(1);
    counters.save();
    expect(stored()).toEqual({ ids: 'people1,users3' });
  });
});
