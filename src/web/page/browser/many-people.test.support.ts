import type { PersonInput } from '../../../index.js';

const first = [
  'Ana',
  'Bruno',
  'Chen',
  'Dieter',
  'Élise',
  'Fatima',
  'Goran',
  'Hana',
  'Søren',
  'Zoë',
];
const last = ['García', 'Müller', 'Novak', 'Okafor', 'Petrov', 'Rossi', 'Tanaka', 'Weber', 'Xu'];
const companies = ['Acme', 'Globex', 'Initech', ''];

/** People with ids from 1. */
export function* manyPeople(count: number): Generator<PersonInput> {
  for (let id = 1; id <= count; id += 1) {
    const name = `${first[id % first.length] ?? ''} ${last[id % last.length] ?? ''} ${id}`;
    yield {
      id,
      name,
      email: `person${id}@example.com`,
      phones: [{ number: `+54 11 4${String(id).padStart(7, '0')}` }],
      organization: companies[id % companies.length] ?? '',
    };
  }
}
