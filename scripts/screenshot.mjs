// Makes the picture of the page in the README, from a directory with made-up people:
//   npm run build && node scripts/screenshot.mjs
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PICTURE = join(ROOT, 'src/web/page/page.png');
const load = createRequire(import.meta.url);
const { findBrowser } = load('../dist/src/test-support/browser.js');
const { startTestDirectory } = load('../dist/src/testing.js');
const { PhoneType } = load('../dist/src/index.js');

const names = [
  ['Ada Moreno', 'Architect', 'Northlight Studio'],
  ['Bastien Leroy', 'Baker', 'Four à Pain'],
  ['Carla Mendes', 'Head of research', 'Instituto Atlântico'],
  ['Daisuke Mori', 'Engineer', 'Kawa Robotics'],
  ['Ebba Lindqvist', 'Producer', 'Norrsken Film'],
  ['Farid Haddad', 'Surgeon', 'Clinique du Parc'],
  ['Greta Vogel', 'Translator', ''],
  ['Hugo Castellanos', 'Teacher', 'Escuela Normal 4'],
  ['Ines Kovač', 'Product designer', 'Parallel'],
  ['Jonas Bech', 'Carpenter', 'Bech & Søn'],
  ['Keiko Arai', 'Data scientist', 'Kawa Robotics'],
  ['Liam O’Sullivan', 'Gardener', ''],
];

function personOf([name, title, organization], index) {
  const login = name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z ]/g, '')
    .replaceAll(' ', '.');
  return {
    name,
    title,
    organization,
    email: `${login}@example.com`,
    phones: [
      { number: `+54 11 4${321 + index * 17}-0${100 + index * 7}`, type: PhoneType.MOBILE },
      ...(index === 2 ? [{ number: '+54 341 555-0147', type: PhoneType.WORK }] : []),
    ],
    ...(index === 2 && {
      adresses: [
        {
          name: 'Office',
          street: 'Av. Pellegrini 1250',
          locality: 'Rosario',
          country: 'Argentina',
        },
      ],
      labels: ['research', 'friend'],
      birthday: '1984-03-09',
      note: 'Prefers to be called in the morning.',
    }),
  };
}

const browser = findBrowser();
if (browser.path === undefined) throw new Error(`there is no browser: ${browser.reason}`);
const directory = await startTestDirectory({ people: names.map(personOf) });
const window = await chromium.launch({ executablePath: browser.path, args: [...browser.args] });
try {
  const page = await window.newPage({ viewport: { width: 1140, height: 600 } });
  await page.goto(`http://${directory.address}/#/people/3`);
  await page.getByRole('region', { name: 'Carla Mendes' }).getByText('Birthday').waitFor();
  await page.getByText('Live').waitFor();
  await page.screenshot({ path: PICTURE });
} finally {
  await window.close();
  await directory.stop();
}
