import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { startDirectory } from '../server/run.js';
import {
  documentsOf,
  endOf,
  failureOf,
  linesOf,
  run,
  start,
  testFolder,
  useServer,
} from './run-cli.test.support.js';

useServer();

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = testFolder().file(name);
  await writeFile(path, content);
  return path;
}

const VCARDS = `BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Garc=C3=ADa;Jos=\r
=C3=A9;;Sr.;\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9 Garc=C3=ADa\r
TEL;CELL;PREF:+54 11 1111\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
FN:Ana\r
item1.TEL:22\r
item1.X-ABLabel:Beach\r
ADR;TYPE=HOME:PO 7;;Main St 1;Springfield;;;US\r
NOTE:a note that is folded\\, because it is longer than seventy-five characters\r
  are;  it has a\\nline break\r
UID:crm-17\r
X-UNKNOWN;X-P="a;b":value\r
END:VCARD\r
`;

const PEOPLE = `[
{"id":3,"name":"Juan","email":"juan@gmail.com","phones":[{"number":"1234","type":"HOME"}],"adresses":[{"name":"my adress","street":"Main St 1"}]},
{"id":9,"name":"Zoë; \\"the\\" one","note":"a,\\n\\tb","labels":["a;b","c"],"emails":[{"address":"z@x.org","label":"work"}],"birthday":"--12-31","vcardExtra":["X-A:1"]}
]
`;

describe('personguide export', () => {
  it.each(['vcf', 'csv', 'json', 'jsonl', 'vcard3'])(
    'gives the same bytes after %s was imported into an empty directory',
    async (name) => {
      const format = name === 'vcf' ? 'vcard' : name;
      const first = testFolder().file(`first.${name}`);
      const second = testFolder().file(`second.${name}`);
      await linesOf(['import', await file('people.vcf', VCARDS)]);
      await linesOf(['import', await file('people.json', PEOPLE)]);
      const exported = ['export', '--format', format, '--force'];
      expect((await run([...exported, first])).stderr).toBe('4 people exported\n');

      const empty = await startDirectory({
        listen: ['127.0.0.1:0'],
        store: ':memory:',
        logLevel: 'silent',
      });
      const other = ['--address', empty.addresses.join()];
      await linesOf(['import', first, '--format', format, ...other]);
      await linesOf([...exported, second, ...other]);
      await empty.stop();
      const text = await readFile(first, 'utf8');
      expect(await readFile(second, 'utf8')).toBe(text);
      expect(text).toMatch(/García/);
      expect(text).toMatch(/X-UNKNOWN/);
    },
  );

  it('writes those who match to standard output', async () => {
    await linesOf(['import', '-'], PEOPLE);
    expect(await linesOf(['export', '--at', 'MY ADRESS'])).toEqual([
      PEOPLE.split('\n')[1]?.slice(0, -1),
    ]);
    expect(await linesOf(['export', '--format', 'csv', '--label', 'C'])).toEqual([
      'id,name,email,organization,title,birthday,external id,note,email 2,email 2 label,label 1,label 2,vcard extra',
      '9,"Zoë; ""the"" one",,,,--12-31,,"a,',
      '\tb",z@x.org,work,"a;b",c,X-A:1',
    ]);
    expect((await linesOf(['export', '--format', 'csv', '--bom']))[0]).toMatch(/^\uFEFFid,/);
  });

  it('does not replace a file unless it is asked to', async () => {
    const path = await file('there.csv', 'mine');
    expect(await failureOf(['export', path])).toEqual([5, expect.stringMatching(/exists/)]);
    expect(await readFile(path, 'utf8')).toBe('mine');
    await linesOf(['export', path, '--force']);
    expect(await readFile(path, 'utf8')).toMatch(/^id,name/);
  });

  it('leaves no part of a file behind when it fails', async () => {
    const path = testFolder().file('none.csv');
    const args = ['export', path, '--address', 'localhost:1', '--timeout', '1s'];
    expect((await failureOf(args))[0]).toBe(6);
    expect([path, `${path}.partial`].filter((name) => existsSync(name))).toEqual([]);
  });

  it('needs a format that it knows', async () => {
    expect(await failureOf(['export', testFolder().file('a.txt')])).toEqual([
      2,
      expect.stringMatching(/name a --format: csv, vcard/),
    ]);
  });
});

describe('personguide import', () => {
  const CSV = 'Nombre,email,Handy\nAna,ana@x.org,1\nBob,bob,2\nCid,cid@x.org,3\n';
  const map = ['--map', 'Nombre=name', '--map', 'Handy=home phone'];

  it('shows faults, and writes a file that can be corrected and imported', async () => {
    const path = await file('a.csv', CSV);
    const faults = testFolder().file('faults.csv');
    const { code, stdout, stderr } = await run(['import', path, ...map, '--faults', faults]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/^LINE {2}NAME {2}FAULT\n {3}3 {2}Bob {3}email: must have one @/);
    expect(stderr).toMatch(/^2 people imported: 2 created\n.*1 person not imported; correct/);
    expect(await readFile(faults, 'utf8')).toBe('Nombre,email,Handy\nBob,bob,2\n');

    await writeFile(faults, (await readFile(faults, 'utf8')).replace('bob,', 'bob@x.org,'));
    const again = await run(['import', faults, ...map, '--faults', testFolder().file('no.csv')]);
    expect(again.stderr).toBe('1 person imported: 1 created\n');
    expect(existsSync(testFolder().file('no.csv'))).toBe(false);
    expect(await documentsOf(['list'])).toMatchObject([
      { name: 'Ana', phones: [{ number: '1', type: 'HOME' }] },
      { name: 'Cid' },
      { name: 'Bob' },
    ]);
  });

  it('reports faults of the file with --json, and warns of columns it does not know', async () => {
    const csv = 'name,Photo\nAna,x\n"Bob"x,\n';
    const { code, stdout, stderr } = await run(['import', '-', '--json'], csv);
    expect(code).toBe(4);
    const [fault = '', total = ''] = stdout.split('\n');
    expect(JSON.parse(fault)).toMatchObject({
      line: 3,
      problems: [{ description: 'has text after a closing quote' }],
    });
    expect(JSON.parse(total)).toMatchObject({ created: 1, updated: 0, unchanged: 0, faulty: 1 });
    expect(stderr).toMatch(/warning: these columns were not imported: Photo;/);
  });

  it('changes the people who match', async () => {
    const path = await file('m.csv', 'name,email,title\nAna,ana@x.org,CEO\nBob,bob@x.org,CTO\n');
    await linesOf(['add', 'Ana G', '--email', 'ana@x.org', '--note', 'kept']);
    const imported = async () => (await run(['import', path, '--match', 'email'])).stderr;
    expect(await imported()).toBe('2 people imported: 1 created, 1 updated\n');
    expect(await imported()).toBe('2 people imported: 2 unchanged\n');
    expect(await documentsOf(['get', '1'])).toMatchObject([
      { name: 'Ana', title: 'CEO', note: 'kept' },
    ]);
  });

  it('writes nothing in a dry run', async () => {
    const { stderr } = await run(['import', '-', '--dry-run'], '{"name":"Ana"}\n');
    expect(stderr).toBe('1 person can be imported: 1 created\n');
    expect(await documentsOf(['list'])).toEqual([]);
  });

  it('gives new ids to those who had others', async () => {
    await linesOf(['add', 'Ana']);
    await linesOf(['import', '-', '--new-ids'], '{"id":1,"name":"Bob"}\n');
    expect(await documentsOf(['list'])).toMatchObject([{ id: 1 }, { id: 2, name: 'Bob' }]);
  });

  it('reads text in the encoding of older programs', async () => {
    const path = await file('w.csv', Buffer.from('name;note\r\nGarcía;ñ\r\n', 'latin1'));
    expect(await failureOf(['import', path])).toEqual([2, expect.stringMatching(/--encoding/)]);
    await linesOf(['import', path, '--encoding', 'windows-1252']);
    expect(await documentsOf(['list'])).toMatchObject([{ name: 'García', note: 'ñ' }]);
  });

  it('goes on after Ctrl+C with the command that it shows, and has everyone once', async () => {
    const line = (index: number) => `{"name":"${index % 10 === 0 ? '' : `Person ${index}`}"}\n`;
    const text = Array.from({ length: 5000 }, (_, index) => line(index)).join('');
    const path = await file('many.jsonl', text);
    const faults = testFolder().file('many-faults.jsonl');
    const child = start(['import', '-', '--faults', faults]);
    // The input stays open, so the import cannot end.
    child.stdin.write(text);
    const end = endOf(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGINT');
    const { code, stderr } = await end;
    expect(code).toBe(130);
    const [, importId = ''] =
      /interrupted; .*; go on with: personguide import - --faults \S+ --import-id (\S+)\n$/.exec(
        stderr,
      ) ?? [];
    expect(importId).not.toBe('');

    const again = await run(['import', path, '--faults', faults, '--import-id', importId]);
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(
      /^4,500 people imported: 4,500 created\n.*500 people not imported/,
    );
    expect(again.stdout.match(/name: /g)).toHaveLength(500);
    expect((await readFile(faults, 'utf8')).split('\n')).toHaveLength(501);
    expect(await documentsOf(['list'])).toHaveLength(4500);
  });

  it.each([
    [['import', '-', '--map', 'Nam=name'], 'name\nAna\n', /there is no column Nam/],
    [['import', '-', '--map', 'name=nmae'], 'name\nAna\n', /nmae is not a known field/],
    [['import', '-', '--map', 'name'], '', /must be COLUMN=FIELD/],
    [['import', '-'], 'Wer,Was\n1,2\n', /standard input: no column is known/],
    [['import', '/nowhere.csv'], '', /cannot read \/nowhere.csv: ENOENT/],
    [['import', '-', '--faults', '/nowhere/a'], 'name\nAna\n', /cannot write \/nowhere\/a/],
    [['import', '-', '--dry-run', '--import-id', 'x'], '', /cannot be used with/],
    [['import', '-', '--match', 'name'], '', /Allowed choices are id, external-id, email/],
  ])('exits with 2 for %j of %j', async (args, input, pattern) => {
    const [code, line] = await failureOf(args, input);
    expect([code, line]).toEqual([2, expect.stringMatching(pattern)]);
    expect(await documentsOf(['list'])).toEqual([]);
  });

  it('never replaces the file that it reads by the faults', async () => {
    const path = await file('same.csv', CSV);
    expect((await failureOf(['import', path, '--faults', path]))[0]).toBe(2);
    expect(await readFile(path, 'utf8')).toBe(CSV);
  });
});
