import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_REASONS } from './error-reason.js';

const SRC = join(__dirname, '..');

/** Reasons that end a start, or a command that copies or restores a store, and so never reach a client. */
const NEVER_SENT = [
  'BACKUP_UNUSABLE',
  'CANNOT_OPEN_STORE',
  'COPY_DIFFERS',
  'NOT_A_STORE',
  'NO_SUCH_DRIVER',
  'SCHEMA_TOO_NEW',
  'STORE_EXISTS',
  'STORE_INCOMPLETE',
  'STORE_IN_USE',
  'STORE_NOT_EMPTY',
];

const textOf = (...path: string[]): string => readFileSync(join(SRC, ...path), 'utf8');

it('lists every reason that the directory, its services and its stores give', () => {
  const files = ['directory', 'rpc', 'service', 'store', 'server'].flatMap((folder) =>
    readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('.test'))
      .map((file) => textOf(folder, file)),
  );
  const given = files.flatMap((text) =>
    Array.from(
      text.matchAll(/(?:\bcode: |\[)\s*(?:'\w+',\s+)?'([A-Z]+(?:_[A-Z]+)+)'/g),
      ([, reason = '']) => reason,
    ),
  );
  const toClients = [...new Set(given)].filter((reason) => !NEVER_SENT.includes(reason));
  expect(toClients.sort()).toEqual([...ERROR_REASONS]);
});

it.each(ERROR_REASONS)('is explained in the README: %s', (reason) => {
  expect(textOf('client', 'README.md')).toMatch(
    new RegExp(`^\\|[^|]*\`${reason}\`[^|]*\\| \`[A-Z_]+\``, 'm'),
  );
});
