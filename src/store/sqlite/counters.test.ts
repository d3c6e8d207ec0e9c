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
      .prepare(
        `select group_concat(name || ' ' || value) as ids from counters
         where name like 'first_free%'`,
      )
      .get();
  }

  it('start at 1 and are stored when they are saved', () => {
    expect(counters.get('first_free_person_id')).toBe(1);
    counters.set('first_free_person_id', 8);
    expect(counters.get('first_free_person_id')).toBe(8);
    expect(counters.get('first_free_user_id')).toBe(1);
    expect(stored()).toEqual({ ids: 'first_free_person_id 1,first_free_user_id 1' });
    counters.save();
    expect(stored()).toEqual({ ids: 'first_free_person_id 8,first_free_user_id 1' });
  });

  it('go back to the stored values when they are reset', () => {
    counters.set('first_free_user_id', 3);
    counters.save();
    counters.set('first_free_user_id', 9);
    counters.set('first_free_person_id', 2_147_483_648);
    counters.reset();
    expect(counters.get('first_free_user_id')).toBe(3);
    expect(counters.get('first_free_person_id')).toBe(1);
    counters.save();
    expect(stored()).toEqual({ ids: 'first_free_person_id 1,first_free_user_id 3' });
  });
});
