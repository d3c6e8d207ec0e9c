import { Person } from '../../../../gen/personguide/person_guide.js';
import { compareChanges, mergedPerson } from './merge.js';
import { differingFields, withoutBlanks } from './person-fields.js';

const base = Person.fromPartial({
  id: 1,
  name: 'Ada',
  email: 'ada@example.com',
  title: 'Countess',
});

function names(fields: readonly { name: string }[]): string[] {
  return fields.map(({ name }) => name);
}

describe('Two edits of one person', () => {
  const mine = { ...base, name: 'Ada L.', note: 'mine', title: 'Lady' };
  const theirs = { ...base, email: 'a@example.com', note: 'theirs', title: 'Lady', etag: 'new' };
  const merge = compareChanges(base, mine, theirs);

  it('conflict only where both have changed a field to different values', () => {
    expect(names(merge.conflicts)).toEqual(['note']);
    expect(names(merge.theirs)).toEqual(['title', 'email']);
    expect(names(merge.mine)).toEqual(['name']);
  });

  it('are merged with the value that was chosen', () => {
    const kept = mergedPerson(merge, mine, theirs, new Map([['note', 'mine']]));
    expect(kept).toMatchObject({
      name: 'Ada L.',
      email: 'a@example.com',
      note: 'mine',
      title: 'Lady',
      etag: 'new',
    });
    const taken = mergedPerson(merge, mine, theirs, new Map([['note', 'theirs']]));
    expect(taken.note).toBe('theirs');
    expect(names(differingFields(taken, theirs))).toEqual(['name']);
  });
});

describe('A form', () => {
  it('leaves out the entries that are blank', () => {
    const person = Person.fromPartial({
      ...base,
      name: ' Ada ',
      phones: [{ number: '' }, { number: '555' }],
      emails: [{ address: ' ' }],
      adresses: [{ name: '' }, { name: '', street: 'Main St 1' }],
      labels: ['friend', ' '],
    });
    expect(withoutBlanks(person)).toMatchObject({
      name: 'Ada',
      phones: [{ number: '555' }],
      emails: [],
      adresses: [{ street: 'Main St 1' }],
      labels: ['friend'],
    });
  });

  it('differs in the fields that were edited', () => {
    const edited = Person.fromPartial({ ...base, externalId: 'x', phones: [{ number: '1' }] });
    expect(differingFields(base, edited).map(({ path }) => path)).toEqual([
      'phones',
      'external_id',
    ]);
  });
});
