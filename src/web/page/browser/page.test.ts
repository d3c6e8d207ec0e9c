import type { Browser, BrowserContext, Page } from 'playwright-core';
import { connect, PersonOrder, type Directory } from '../../../index.js';
import {
  runProgram,
  startServerProcess,
  type ServerProcess,
} from '../../../test-support/program.js';
import { startRestartableServer } from '../../../test-support/restartable-server.js';
import { temporaryFolder } from '../../../test-support/temporary-folder.js';
import { manyPeople } from './many-people.test.support.js';
import {
  accessibilityFaults,
  describeWithBrowser,
  openContext,
  startBrowser,
  surplusWidth,
  titled,
} from './open-page.test.support.js';

const PEOPLE = 100_000;

// Under load, a browser takes many times as long as alone.
jest.setTimeout(120_000);

describeWithBrowser(titled('The page in a browser'), () => {
  let browser: Browser;
  let server: ServerProcess;
  let directory: Directory;
  let crowd: Promise<ServerProcess>;
  let problems: string[];
  let context: BrowserContext;

  beforeAll(async () => {
    crowd = startCrowd();
    // The last test awaits it.
    crowd.catch(() => undefined);
    [browser, server] = await Promise.all([
      startBrowser(),
      startServerProcess(['--store', ':memory:', '--demo']),
    ]);
    directory = connect(server.address);
  });
  afterAll(async () => {
    directory.close();
    await browser.close();
    await server.kill('SIGKILL');
    await (await crowd).kill('SIGKILL');
  });

  beforeEach(async () => {
    problems = [];
    context = await openContext(browser, problems);
  });
  afterEach(async () => {
    await context.close();
    expect(problems).toEqual([]);
  });

  async function open(
    path = '/',
    { address }: { readonly address: string } = server,
    from = context,
  ): Promise<Page> {
    const page = await from.newPage();
    await page.goto(`http://${address}${path}`);
    return page;
  }

  it('lists the people, and shows one of them', async () => {
    const page = await open();
    await row(page, 'Juan').click();
    const card = page.getByRole('region', { name: 'Juan' });
    await card.getByText('juan@gmail.com').waitFor();
    expect(await card.getByRole('link', { name: '4312' }).getAttribute('href')).toBe('tel:4312');
    expect(page.url()).toMatch(/#\/people\/1$/);
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('11');
  });

  it('sorts by name, by id and by the last change', async () => {
    const page = await open();
    await row(page, 'Juan').waitFor();
    expect(await names(page, 2)).toEqual(['Albert', 'Argentina']);
    await page.getByRole('button', { name: 'ID' }).click();
    await expectNames(page, ['Juan', 'Gabriel', 'Albert']);
    await directory.people.updatePerson({ person: { id: 9, note: 'changed' } });
    await page.getByRole('button', { name: 'Changed' }).click();
    await expectNames(page, ['Rosario']);
  });

  it('shows a change of another client without being asked', async () => {
    const page = await open();
    await row(page, 'Juan').waitFor();
    const { person } = await directory.people.createPerson({ person: { name: 'Aaron' } });
    await expectNames(page, ['Aaron', 'Albert']);
    await directory.people.deletePerson({ id: person.id });
    await expectNames(page, ['Albert']);
  });

  it('searches as one types, and says where a match is', async () => {
    const page = await open();
    await page.getByRole('searchbox').pressSequentially('garbiel');
    await expectNames(page, ['Gabriel']);
    await page.getByRole('searchbox').fill('4312');
    await page.getByText('found in a phone').first().waitFor();
    await page.getByRole('searchbox').fill('nobody at all');
    await page.getByText('No one matches').waitFor();
  });

  it('adds a person, lists each fault of the form, and edits the person', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'New person' }).click();
    await page.getByLabel('Email', { exact: true }).fill('not an email');
    await page.getByRole('button', { name: 'Add a phone' }).click();
    await page.getByLabel('Phone 1').fill('+54 11 4321-0000');
    await page.getByRole('button', { name: 'Add person' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText(/^Name /).waitFor();
    await alert.getByText(/^Email /).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Ada Lovelace');
    await page.getByLabel('Email', { exact: true }).fill('ada@example.com');
    await page.getByRole('button', { name: 'Add person' }).click();
    await page.getByText('Ada Lovelace was added.').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Organization').fill('Analytical Engines');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByRole('region', { name: 'Ada Lovelace' })
      .getByText('Analytical Engines')
      .waitFor();
    const { person } = await directory.people.getPerson({ key: { email: 'ada@example.com' } });
    expect(person).toMatchObject({
      name: 'Ada Lovelace',
      organization: 'Analytical Engines',
      phones: [{ number: '+54 11 4321-0000' }],
    });
  });

  it('lets one choose when two tabs have edited a person at the same time', async () => {
    const [first, second] = await Promise.all([open('/#/people/2/edit'), open('/#/people/2/edit')]);
    await first.getByLabel('Note').fill('from the first tab');
    await first.getByLabel('Job title').fill('Pilot');
    await second.getByLabel('Note').fill('from the second tab');
    await second.getByLabel('Organization').fill('Acme');
    await first.getByRole('button', { name: 'Save' }).click();
    await first.getByText('Gabriel was saved.').waitFor();
    await second.getByRole('button', { name: 'Save' }).click();
    const dialog = second.getByRole('dialog', { name: 'Changed by someone else' });
    await dialog.getByText('from the first tab').waitFor();
    await dialog.getByText('Pilot').waitFor();
    expect(await accessibilityFaults(second)).toEqual([]);
    await dialog.getByRole('radio', { name: 'Theirs' }).check();
    await dialog.getByRole('button', { name: 'Save this' }).click();
    await second.getByText('Gabriel was saved.').waitFor();
    const { person } = await directory.people.getPerson({ key: { id: 2 } });
    expect(person).toMatchObject({
      note: 'from the first tab',
      title: 'Pilot',
      organization: 'Acme',
    });
  });

  it('deletes a person, and brings the person back', async () => {
    const page = await open('/#/people/5');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Brian was deleted.').waitFor();
    await row(page, 'Brian').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Brian is back.').waitFor();
    await row(page, 'Brian').waitFor();
    await page.getByRole('region', { name: 'Brian' }).getByText('brian@gmail.com').waitFor();
  });

  it('imports a CSV file with faults, and vCards', async () => {
    const page = await open();
    const csv = [
      'name,email,phone',
      'Csaba,csaba@example.com,123',
      'Cora,not an email,1',
      'Too,many@example.com,1,fields',
    ];
    await drop(page, 'people.csv', `${csv.join('\n')}\nCyril,cyril@example.com,(011) 1\n`);
    const dialog = page.getByRole('dialog', { name: 'Import people.csv' });
    await dialog.getByRole('cell', { name: 'csaba@example.com' }).waitFor();
    await dialog.getByRole('button', { name: 'Only check' }).click();
    await dialog.getByText('Checked, nothing written: 2 new, 2 with faults').waitFor();
    await dialog.getByRole('button', { name: 'Import now' }).click();
    await dialog.getByText('Done: 2 added, 2 with faults').waitFor();
    const lines = dialog.getByRole('region', { name: 'Faults' }).getByRole('row');
    await lines.nth(1).getByText('3').waitFor();
    await lines.nth(1).getByText('Cora').waitFor();
    await lines
      .nth(1)
      .getByText(/^email /)
      .waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Save the faulty ones' }).click(),
    ]);
    expect(await textOf(download)).toBe(`${csv[0]}\n${csv[2]}\n${csv[3]}\n`);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await row(page, 'Cyril').waitFor();

    await drop(page, 'card.vcf', 'BEGIN:VCARD\nVERSION:4.0\nFN:Vera\nTEL:555\nEND:VCARD\n');
    await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Done: 1 added').waitFor();
    await page.getByRole('button', { name: 'Close' }).last().click();
    await row(page, 'Vera').waitFor();
  });

  it('exports everyone', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Export' }).click();
    const dialog = page.getByRole('dialog', { name: 'Export people' });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Export' }).click(),
    ]);
    const text = await textOf(download);
    expect(text).toMatch(/^\uFEFFid,name,email,/);
    expect(text).toMatch(/^1,Juan,juan@gmail\.com,/m);
    await dialog.getByText(/^\d+ people exported\.$/).waitFor();
  });

  it('shows users, and changes their verified flag', async () => {
    const page = await open('/#/users');
    await page.getByText('No users here').waitFor();
    await page.getByRole('button', { name: 'New user' }).click();
    await page.getByLabel('First name').fill('Grace');
    await page.getByLabel('Email').fill('grace@example.com');
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.getByText('Grace was added.').waitFor();
    await page.getByRole('checkbox', { name: 'Grace is verified' }).check();
    await page.getByText('Grace is verified now.').waitFor();
    await page.getByLabel('Show').selectOption('Verified');
    await page.getByText('grace@example.com').waitFor();
    expect(await directory.users.findUser({ email: 'grace@example.com' })).toMatchObject({
      verified: true,
    });
  });

  it('shows how the server is', async () => {
    const page = await open('/#/server');
    await page.getByText('Serving', { exact: true }).waitFor();
    await page.getByText('SQLite', { exact: true }).waitFor();
    // A report comes every two seconds, and the first one has nothing to be compared with.
    const isTimed = page.getByText(/^median [\d.]+ ms$/).waitFor();
    await page.getByText(/^ended [\d.]+ \/s$/).waitFor();
    await directory.people.getPhone({ id: 1 });
    await isTimed;
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open();
    const { person } = await directory.people.createPerson({ person: { name: 'Kim Keys' } });
    await row(page, 'Kim Keys').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('kim keys');
    await expectNames(page, ['Kim Keys']);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Kim Keys' }).waitFor();
    await page.keyboard.press('e');
    await page.getByLabel('Name', { exact: true }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.type(' Jr');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Kim Keys Jr was saved.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('grid').and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('Kim Keys Jr was deleted.').waitFor();
    await page.keyboard.press('z');
    await page.getByText('Kim Keys Jr is back.').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('2');
    await page.getByRole('region', { name: 'Users' }).waitFor();
    await directory.people.deletePerson({ id: person.id });
  });

  it('moves in the list with the keys of a list', async () => {
    const page = await open();
    await row(page, 'Juan').waitFor();
    await page.getByRole('grid').focus();
    const total = Number(await page.getByRole('grid').getAttribute('aria-rowcount')) - 1;
    const active = async (): Promise<string | null> =>
      page.getByRole('grid').getAttribute('aria-activedescendant');
    await page.keyboard.press('ArrowDown');
    expect(await active()).toBe('row-1');
    await page.keyboard.press('End');
    expect(await active()).toBe(`row-${total - 1}`);
    await page.keyboard.press('Home');
    expect(await active()).toBe('row-0');
  });

  it.each(['light', 'dark'] as const)(
    'has no fault that axe-core finds, %s',
    async (colorScheme) => {
      const narrow = await openContext(browser, problems, {
        colorScheme,
        viewport: { width: 320, height: 640 },
      });
      const wide = await openContext(browser, problems, { colorScheme });
      for (const tabs of [wide, narrow]) {
        const page = await open('/', server, tabs);
        for (const [hash, text] of VIEWS) {
          await page.evaluate((to) => (location.hash = to), hash);
          await page.getByText(text).first().waitFor();
          expect([hash, await accessibilityFaults(page)]).toEqual([hash, []]);
          expect([hash, await surplusWidth(page)]).toEqual([hash, 0]);
        }
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
        await page.getByRole('dialog').waitFor();
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(await surplusWidth(page)).toBe(0);
        await tabs.close();
      }
    },
  );

  it('goes on by itself when the server has been restarted', async () => {
    using folder = temporaryFolder();
    await using restartable = await startRestartableServer(folder.file('people.db'));
    const before = connect(restartable.address);
    await before.people.recordPersons([{ name: 'Before' }]);
    before.close();
    const page = await open('/', restartable);
    await row(page, 'Before').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await restartable.restart();
    await using after = connect(restartable.address);
    await after.people.recordPersons([{ name: 'After' }]);
    await row(page, 'After').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('works in more tabs than a browser has connections, and all of them are live', async () => {
    const pages = await Promise.all(Array.from({ length: 8 }, () => open()));
    await Promise.all(pages.map((page) => row(page, 'Juan').waitFor()));
    const { person } = await directory.people.createPerson({ person: { name: 'Aaa Tabs' } });
    await Promise.all(pages.map((page) => row(page, 'Aaa Tabs').waitFor()));
    await directory.people.deletePerson({ id: person.id });
  });

  it('asks for a key, keeps it for the tab, and is read-only if the key is', async () => {
    using folder = temporaryFolder();
    const store = folder.file('people.db');
    const keys = ['keys', 'add', 'reader', '--scope', 'people:read', '--store', store];
    const { stdout } = await runProgram(keys).exited;
    await using guarded = await startServerProcess(['--store', store, '--demo', '--auth', 'keys']);
    const page = await open('/', guarded);
    const dialog = page.getByRole('dialog', { name: 'This directory needs a key' });
    await dialog.waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByLabel('Key or token').fill('pgk_wrong');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByText('did not accept this key').waitFor();
    await dialog.getByLabel('Key or token').fill(stdout.trim());
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await row(page, 'Juan').click();
    await page.getByText('Read only').waitFor();
    await page.getByRole('region', { name: 'Juan' }).getByText('juan@gmail.com').waitFor();
    expect(await page.getByRole('button', { name: /New person|Import|Edit|Delete/ }).count()).toBe(
      0,
    );
    await page.reload();
    await row(page, 'Juan').waitFor();
    const other = await open('/', guarded);
    await other.getByRole('dialog', { name: 'This directory needs a key' }).waitFor();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByText('Your key does not permit this').waitFor();
  });

  it(`shows ${PEOPLE.toLocaleString('en')} people`, async () => {
    const full = await crowd;
    const page = await open('/', full);
    const firstRows = await page.waitForFunction(
      () => document.querySelector('.is-person') !== null && performance.now(),
    );
    const firstRowsMs = Number(await firstRows.jsonValue());
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(PEOPLE + 1));
    await page.getByRole('grid').focus();
    const keyMs: number[] = [];
    for (let press = 0; press < 20; press += 1) keyMs.push(await timeOfKey(page, 'PageDown'));
    const endMs = await timeOfKey(page, 'End');
    expect(await page.locator('.is-active').getAttribute('aria-rowindex')).toBe(String(PEOPLE + 1));
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const heapMiB = usedSize / 1024 / 1024;
    process.stderr.write(
      `The page with ${PEOPLE} people: first rows ${firstRowsMs.toFixed(0)} ms, ` +
        `a key ${median(keyMs).toFixed(0)} ms, to the end ${endMs.toFixed(0)} ms, ` +
        `heap ${heapMiB.toFixed(0)} MiB\n`,
    );
    expect(heapMiB).toBeLessThan(100);
  });
});

const VIEWS = [
  ['#/people', 'Juan'],
  ['#/people/1', 'Recorded '],
  ['#/people/1/edit', 'Edit Juan'],
  ['#/people/new', 'Further emails'],
  ['#/users', 'Show'],
  ['#/server', 'Running for'],
] as const;

function row(page: Page, name: string): ReturnType<Page['locator']> {
  return page.locator('.is-person').filter({ has: page.getByText(name, { exact: true }) });
}

function names(page: Page, count: number): Promise<string[]> {
  return page.evaluate(
    (first) =>
      [...document.querySelectorAll('.is-person .cell.name .strong')]
        .slice(0, first)
        .map(({ textContent }) => textContent),
    count,
  );
}

/** Waits until the list begins with these people. */
async function expectNames(page: Page, expected: readonly string[]): Promise<void> {
  await page.waitForFunction((wanted) => {
    const found = [...document.querySelectorAll('.is-person .cell.name .strong')];
    return wanted.every((name, index) => found[index]?.textContent === name);
  }, expected);
}

/** Drops a file on the page. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  await row(page, 'Juan').waitFor();
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([content], fileName));
      return data;
    },
    [name, text] as const,
  );
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

async function textOf(download: {
  createReadStream(): Promise<AsyncIterable<Buffer>>;
}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** From pressing a key until the row that it leads to is there, in milliseconds. */
async function timeOfKey(page: Page, key: string): Promise<number> {
  const startedMs = performance.now();
  const before = await page.getByRole('grid').getAttribute('aria-activedescendant');
  await page.keyboard.press(key);
  await page.waitForFunction((id) => {
    const active = document.querySelector('.is-active');
    return active !== null && active.id !== id && active.classList.contains('is-person');
  }, before);
  return performance.now() - startedMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function startCrowd(): Promise<ServerProcess> {
  const server = await startServerProcess(['--store', ':memory:']);
  const directory = connect(server.address);
  await directory.people.importPeople(manyPeople(PEOPLE));
  // The first list by name waits for the index, which takes some seconds after so many writes.
  const byName = { order: PersonOrder.PERSON_ORDER_NAME, pageSize: 1 };
  await directory.people.queryPersons(byName, { timeoutMs: 120_000 });
  directory.close();
  return server;
}
