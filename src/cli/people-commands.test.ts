import {
  documentsOf,
  endOf,
  failureOf,
  linesOf,
  run,
  start,
  useServer,
} from './run-cli.test.support.js';

useServer();

const ana = ['add', 'Ana García', '--email', 'ana@example.com', '--external-id', 'crm-17'];

describe('personguide add and get', () => {
  it('create a person, and show all its fields', async () => {
    const [added] = await documentsOf([...ana, '--phone', '555 0100 work', '--at', 'HQ']);
    expect(added).toMatchObject({
      id: 1,
      name: 'Ana García',
      phones: [{ number: '555 0100', type: 'WORK' }],
      adresses: [{ name: 'HQ' }],
    });
    for (const key of [['1'], ['ana@example.com'], ['--external-id', 'crm-17']]) {
      expect(await documentsOf(['get', ...key])).toEqual([added]);
    }
    const lines = await linesOf(['get', '1']);
    expect(lines).toEqual(
      expect.arrayContaining([
        'ID           1',
        'Name         Ana García',
        'Phone        555 0100 WORK',
        'Address      HQ',
        'External id  crm-17',
      ]),
    );
  });

  it('find a person by a phone in any way of writing', async () => {
    await linesOf([...ana, '--phone', '+54 11 4321-0000']);
    for (const key of [['+541143210000'], ['54 11 4321 0000'], ['--phone', '541143210000']]) {
      expect(await documentsOf(['get', ...key])).toMatchObject([{ id: 1 }]);
    }
  });

  it('name the fields that the server rejects', async () => {
    expect(await failureOf(['add', 'Ana', '--email', 'ana', '--birthday', 'soon'])).toEqual([
      4,
      expect.stringMatching(/^CreatePerson INVALID_ARGUMENT: .*email: .*; .*birthday: /),
    ]);
  });

  it('exit with 5 when another person has the external id', async () => {
    await linesOf(ana);
    expect(await failureOf(ana)).toEqual([5, expect.stringMatching(/ALREADY_EXISTS/)]);
  });

  it.each([
    [['get'], /name one person/],
    [['get', '1', '--phone', '2'], /name one person/],
    [['get', 'juan'], /an id \(a number\), an email \(with @\) or a phone/],
    [['add'], /missing required argument 'NAME'/],
    [['edit', '1'], /name a field to change/],
    [['edit', 'x', '--email', 'a@x'], /An id is a number/],
    [['rm'], /missing required argument 'ID'/],
    [['rm', '1', '2', '--etag', 'x'], /--etag is for one person/],
    [['search'], /missing required argument 'WORD'/],
    [['list', '--order', 'age'], /Allowed choices are id, name, last-updated/],
  ])('exit with 2 for %j', async (args, pattern) => {
    expect(await failureOf(args)).toEqual([2, expect.stringMatching(pattern)]);
  });
});

describe('personguide edit', () => {
  it('changes the given fields, and removes those that are empty', async () => {
    await linesOf([...ana, '--label', 'a', '--title', 'CEO']);
    const [edited] = await documentsOf(['edit', '1', '--email', '', '--label', 'b', '--note', 'n']);
    expect(edited).toMatchObject({
      name: 'Ana García',
      email: '',
      labels: ['b'],
      title: 'CEO',
      note: 'n',
      externalId: 'crm-17',
    });
    const fields = '{"vcardExtra":["X-A:1"],"externalId":"crm-18"}';
    expect(await documentsOf(['edit', '1', '--fields', fields])).toMatchObject([
      { vcardExtra: ['X-A:1'], externalId: 'crm-18', note: 'n' },
    ]);
  });

  it('exits with 5 when the etag is not the current one', async () => {
    const [{ etag = '' } = {}] = (await documentsOf(ana)) as { etag?: string }[];
    await linesOf(['edit', '1', '--title', 'CEO', '--etag', etag]);
    expect(await failureOf(['edit', '1', '--title', 'CTO', '--etag', etag])).toEqual([
      5,
      expect.stringMatching(/^UpdatePerson ABORTED: /),
    ]);
  });
});

describe('personguide rm and undelete', () => {
  it('delete people, and bring them back', async () => {
    await linesOf(ana);
    await linesOf(['add', 'Bob']);
    expect((await run(['rm', '1', '2'])).stderr).toBe('2 people deleted\n');
    expect(await documentsOf(['list'])).toEqual([]);
    expect((await failureOf(['get', '1']))[0]).toBe(3);
    expect(await documentsOf(['get', '1', '--deleted'])).toMatchObject([{ id: 1 }]);
    expect(await documentsOf(['list', '--deleted'])).toHaveLength(2);
    expect((await run(['undelete', '1'])).stderr).toBe('1 person brought back\n');
    expect(await documentsOf(['list'])).toMatchObject([{ id: 1, email: 'ana@example.com' }]);
  });

  it('show the people who were deleted before one who is not there', async () => {
    await linesOf(ana);
    const { code, stdout, stderr } = await run(['rm', '1', '99', '--json']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ id: 1 });
    expect(stderr).toMatch(/^personguide: DeletePerson NOT_FOUND: /);
  });
});

describe('personguide list and search', () => {
  beforeEach(async () => {
    await linesOf(['add', 'Émile', '--label', 'friend', '--at', 'HQ']);
    await linesOf(['add', 'Ana García', '--at', 'HQ']);
    await linesOf(['add', 'Zoë', '--label', 'Friend']);
  });

  const idsOf = async (...args: string[]) =>
    (await documentsOf(args)).map((document) => (document as { id: number }).id);

  it('list people by name, by the last change, and with a label', async () => {
    expect(await idsOf('list', '--order', 'name')).toEqual([2, 1, 3]);
    expect(await idsOf('list', '--order', 'last-updated', '--limit', '2')).toEqual([3, 2]);
    expect(await idsOf('list', '--label', 'FRIEND')).toEqual([1, 3]);
    expect(await idsOf('list', 'hq', '--label', 'friend')).toEqual([1]);
  });

  it('find people by misspelt words, the best match first', async () => {
    expect(await documentsOf(['search', 'gacria'])).toMatchObject([
      { person: { id: 2 }, field: 'name' },
    ]);
    const [header, line] = await linesOf(['search', 'ana', 'garcia']);
    expect(header).toMatch(/^ID {2}NAME .* MATCHES$/);
    expect(line).toMatch(/ 2 {2}Ana García .*name$/);
  });
});

describe('personguide watch', () => {
  it('shows changes as they are made, and how to go on after Ctrl+C', async () => {
    await linesOf(ana);
    const child = start(['watch']);
    const end = endOf(child);
    await nextText(child.stderr, 'watching');
    const changed = nextText(child.stdout, 'Zoë');
    await linesOf(['add', 'Zoë', '--phone', '1']);
    await changed;
    const deleted = nextText(child.stdout, 'deleted');
    await linesOf(['rm', '1']);
    await deleted;
    child.kill('SIGINT');
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    expect(stdout).toBe('       2  Zoë  1 MOBILE\n       1  (deleted)\n');
    const [, token = ''] = /interrupted; go on with --from (\S+)\n$/.exec(stderr) ?? [];

    await linesOf(['add', 'Later']);
    const later = start(['watch', '--from', token, '--json']);
    const laterEnd = endOf(later);
    await nextText(later.stdout, '\n');
    later.kill('SIGINT');
    const [line = ''] = (await laterEnd).stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({ people: [{ name: 'Later' }], deletedIds: [] });
  });

  it('begins with everyone who matches if it is asked to', async () => {
    await linesOf(ana);
    await linesOf(['add', 'Zoë', '--label', 'friend']);
    const child = start(['watch', '--snapshot', '--label', 'friend']);
    const end = endOf(child);
    await nextText(child.stdout, 'changes follow');
    child.kill('SIGINT');
    expect((await end).stdout).toBe('       2  Zoë\nthat is everyone; changes follow\n');
  });
});

describe('personguide user', () => {
  it('changes, finds by words, and deletes users', async () => {
    await linesOf(['user', 'add', '--first-name', 'Ada', '--email', 'a@x.org', '--verified']);
    await linesOf(['user', 'add', '--first-name', 'Bob']);
    expect(await documentsOf(['user', 'list', '--query', 'ADA'])).toMatchObject([{ id: 1 }]);
    const args = ['user', 'edit', '1', '--unverified', '--email', ''];
    expect(await documentsOf(args)).toMatchObject([
      { firstName: 'Ada', email: '', verified: false },
    ]);
    expect(await documentsOf(['user', 'rm', '1'])).toMatchObject([{ firstName: 'Ada' }]);
    expect(await documentsOf(['user', 'list'])).toMatchObject([{ id: 2 }]);
    expect((await failureOf(['user', 'edit', '2']))[0]).toBe(2);
    expect((await failureOf(['user', 'rm', '1']))[0]).toBe(3);
  });
});

/** Resolves when the stream has had that text. */
async function nextText(stream: NodeJS.ReadableStream, text: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
  });
}
