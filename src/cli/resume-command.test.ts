import { resumeCommand } from './resume-command.js';

it.each([
  [['import', 'people.csv'], 'personguide import people.csv --import-id i1'],
  [
    ['import', "Ana's people.csv", '--map', 'Handy=mobile phone'],
    String.raw`personguide import 'Ana'\''s people.csv' --map 'Handy=mobile phone' --import-id i1`,
  ],
  [['import', 'a', '--import-id', 'old'], 'personguide import a --import-id i1'],
  [['import', '--import-id=old', 'a'], 'personguide import a --import-id i1'],
  [['import', '--token', 'secret', 'a'], 'personguide import a --import-id i1'],
  [['import', '--token=secret', 'a'], 'personguide import a --import-id i1'],
])('goes on with %j', (args, command) => {
  expect(resumeCommand(args, 'i1')).toBe(command);
});
