import { join } from 'node:path';
import ts from 'typescript';

/** A file that exists only in the compiler. */
const FILE = join(__dirname, 'snippet.ts');

const ROOT = join(__dirname, '../..');

const IMPORTS = `import { connect, type ErrorReason, type PeopleCalls, type UserCalls } from '../index.js';
import type { Person, RpcError, ServiceClient } from '../index.js';
import { PersonGuideDefinition } from '../../gen/personguide/person_guide.js';
import { UserServiceDefinition } from '../../gen/grpcUser/user.js';
const { people, users, replica } = connect('localhost:1');
const text: string = '';
`;

/** What each line of the snippets is for, and what the compiler reports for it. */
const SNIPPETS: readonly (readonly [name: string, line: string, errors: readonly RegExp[]])[] = [
  [
    'takes arrays, iterables and async iterables',
    'people.recordPersons([{ name: text }]); people.recordPersons(new Set([{ id: 1 }])); people.routePhones((async function* () { yield { id: 1 }; })());',
    [],
  ],
  ['takes a readonly array', 'people.recordPersons([{ name: text }] as const);', []],
  [
    'reports a wrong type in an array on its field',
    'people.recordPersons([{ phones: [{ number: 5 }] }]);',
    [/^Type 'number' is not assignable to type 'string'\.$/],
  ],
  [
    'reports an unknown field in an array',
    'people.recordPersons([{ name: text, addresses: [] }]);',
    [/^Object literal may only specify known properties, but 'addresses' does not exist/],
  ],
  [
    'finds a user by id, by email or by the oneof',
    "users.findUser({ id: 1 }); users.findUser({ email: text }); users.findUser({ key: { $case: 'id', value: 1 } });",
    [],
  ],
  [
    'does not find a user by both',
    'users.findUser({ id: 1, email: text });',
    [/is not assignable to/],
  ],
  [
    'has a type for every reason',
    "const reason: ErrorReason = 'EMAIL_TAKN';",
    [/Did you mean '"EMAIL_TAKEN"'\?$/],
  ],
  [
    'has every call of the contract in PeopleCalls',
    'const all: readonly (keyof ServiceClient<typeof PersonGuideDefinition>)[] = [] as (keyof PeopleCalls)[]; const back: readonly (keyof PeopleCalls)[] = [] as (keyof ServiceClient<typeof PersonGuideDefinition>)[];',
    [],
  ],
  [
    'has every call of the contract in UserCalls',
    'const usersAll: readonly (keyof ServiceClient<typeof UserServiceDefinition>)[] = [] as (keyof UserCalls)[]; const usersBack: readonly (keyof UserCalls)[] = [] as (keyof ServiceClient<typeof UserServiceDefinition>)[];',
    [],
  ],
  [
    'has every call of the contract in directory.people and directory.users',
    'const peopleToo: PeopleCalls = people; const usersToo: UserCalls = users;',
    [],
  ],
  [
    'finds a person by one key, or by the oneof',
    "people.getPerson({ key: { id: 1 } }); people.getPerson({ key: { externalId: text }, showDeleted: true }); people.batchGetPersons({ keys: [{ email: text }, { phone: text }, { key: { $case: 'id', value: 1 } }] });",
    [],
  ],
  [
    'does not find a person by two keys',
    'people.getPerson({ key: { id: 1, email: text } });',
    [/is not assignable to/],
  ],
  [
    'has a person in each response that promises one',
    'async function names() { const { person } = await people.getPerson({ key: { id: 1 } }); const { user } = await users.updateUser({ user: { id: 1 } }); return person.name + user.firstName; }',
    [],
  ],
  [
    'has a replica that is a ReadonlyMap',
    'const map: ReadonlyMap<number, Person> = replica(); const one: Person | undefined = replica().byEmail(text);',
    [],
  ],
  [
    'does not change a replica',
    'replica().set(1, {});',
    [/Property 'set' does not exist on type 'Replica'/],
  ],
  [
    'has the current etag with an error',
    'const etag: string | undefined = ({} as RpcError).info.etag;',
    [],
  ],
];

describe('the types of the client', () => {
  const reports = compile();

  it.each(
    SNIPPETS.map(([name, , errors], index) => ({ name, errors, report: reports[index] ?? [] })),
  )('$name', ({ errors, report }) => {
    expect(report).toEqual(errors.map((error) => expect.stringMatching(error) as string));
  });
});

/** The errors of each snippet, each as its first line. */
function compile(): string[][] {
  const source = IMPORTS + SNIPPETS.map(([, line]) => line).join('\n');
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) =>
    file === FILE
      ? ts.createSourceFile(file, source, ...(rest.slice(0, 1) as [ts.ScriptTarget]))
      : readFile(file, ...rest);
  const program = ts.createProgram(
    [FILE],
    { ...options, noEmit: true, incremental: false, types: ['node'] },
    host,
  );
  const file = program.getSourceFile(FILE);
  const reports = SNIPPETS.map((): string[] => []);
  for (const { start = 0, messageText } of program.getSemanticDiagnostics(file)) {
    const line = source.slice(0, start).split('\n').length - IMPORTS.split('\n').length;
    reports[line]?.push(ts.flattenDiagnosticMessageText(messageText, '\n').split('\n').join(' '));
  }
  return reports;
}
