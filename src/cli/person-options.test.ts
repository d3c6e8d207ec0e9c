import { Command } from 'commander';
import { PhoneType } from '../index.js';
import { personOfFlags, personOptions, type PersonFlags } from './person-options.js';

function personOf(...args: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of personOptions()) command.addOption(option);
  return personOfFlags(command.parse(args, { from: 'user' }).opts<PersonFlags>());
}

it('reads every field', () => {
  expect(
    personOf(
      ...['--email', 'a@x', '--organization', 'Acme', '--title', 'CEO', '--note', 'n'],
      ...['--phone', '555 0100 work', '--phone', '+54 11', '--at', 'home', '--at', 'HQ'],
      ...['--label', 'friend', '--external-id', 'crm-1', '--other-email', 'b@x my own'],
      ...['--birthday', '--12-31', '--fields', '{"vcardExtra":["X-A:1"]}'],
    ),
  ).toEqual({
    email: 'a@x',
    organization: 'Acme',
    title: 'CEO',
    note: 'n',
    phones: [
      { number: '555 0100', type: PhoneType.WORK },
      { number: '+54 11', type: PhoneType.MOBILE },
    ],
    adresses: [{ name: 'home' }, { name: 'HQ' }],
    labels: ['friend'],
    externalId: 'crm-1',
    emails: [{ address: 'b@x', label: 'my own' }],
    birthday: '--12-31',
    vcardExtra: ['X-A:1'],
  });
});

it('has only the fields that are given, and empty lists for empty texts', () => {
  expect(personOf('--phone', '', '--email', '')).toEqual({ phones: [], email: '' });
});

it.each([
  ['{', /must be JSON/],
  ['{"emial":"a"}', /emial: is not a known field; did you mean email\?/],
])('rejects the fields %s', (fields, message) => {
  expect(() => personOf('--fields', fields)).toThrow(message);
});
