import { Command, Option } from 'commander';
import type { ApiKey } from '../../gen/personguide/admin/v1/keys.js';
import { clientCommand, type ClientOptions } from './client-command.js';
import { parseExpiry } from './expiry.js';
import { countOf, type View } from './format.js';
import { keysOnServer, withKeysOf, type KeyAdmin } from './key-admin.js';
import { openOutput } from './output.js';
import { printerOf, withSession, type Session } from './session.js';

interface KeysOptions extends ClientOptions {
  readonly store?: string;
}

interface AddOptions extends KeysOptions {
  readonly scope: readonly string[];
  /** In milliseconds since 1970; Infinity: never. */
  readonly expires: number;
}

type Printer = Pick<Session, 'print' | 'printAll' | 'summary'>;

const STORE_NOTE =
  'These commands ask a running server, which needs a key with the scope admin; without access\n' +
  'control, it must be on this machine. With --store they open the store themselves: a SQLite file\n' +
  'only while no server uses it, PostgreSQL at any time.';

/** `personguide keys`: adds, lists and revokes the keys of callers. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('add, list and revoke the keys of callers, for servers with --auth keys')
    .addHelpText(
      'after',
      '\nExample:\n  personguide keys add orders --scope people:read --store people.db',
    )
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function addCommand(): Command {
  return clientCommand('add', {
    summary: 'add a key and print it, this once',
    description:
      'add a key and print what its caller sends as token. The store has only a hash of it: it ' +
      'cannot be printed again',
    examples: [
      'personguide keys add orders --scope people:read users:read',
      'personguide keys add operator --scope admin --expires 2027-01-31 --store people.db',
    ],
    note: STORE_NOTE,
    options: [
      new Option(
        '--scope <scope...>',
        'what its caller may do: people:read, people:write, users:read, users:write, admin',
      ).makeOptionMandatory(),
      new Option('--expires <when>', 'such as 90d, 12h, 2027-01-31 or never')
        .default(parseExpiry('90d'), '90d')
        .argParser((text: string) => parseExpiry(text)),
      storeOption(),
    ],
  })
    .argument('<NAME>', 'a name for the key; unique until it is revoked')
    .action((name: string, { scope, expires, ...options }: AddOptions) =>
      withKeys(options, async (keys, { print, summary }) => {
        const expiresAtMs = expires === Infinity ? undefined : expires;
        const scopes = scope.flatMap((text) => text.split(','));
        const { key, text } = await keys.add({ name, scopes, expiresAtMs });
        await print({ ...(keyView.json(key) as object), key: text }, text);
        summary(`${key.name}: ${key.scopes.join(' ')}; ${expiryText(key)}; not printed again`);
      }),
    );
}

function listCommand(): Command {
  return clientCommand('list', {
    description: 'list all keys, also those that are revoked or have expired',
    examples: ['personguide keys list'],
    note: STORE_NOTE,
    options: [storeOption()],
  }).action((options: KeysOptions) =>
    withKeys(options, async (keys, { printAll, summary }) => {
      const list = await keys.list();
      await printAll(keyView, list);
      summary(countOf(list.length, 'key', 'keys'));
    }),
  );
}

function revokeCommand(): Command {
  return clientCommand('revoke', {
    description: 'revoke a key for good; servers that share a database refuse it within 5 seconds',
    examples: ['personguide keys revoke orders'],
    note: STORE_NOTE,
    options: [storeOption()],
  })
    .argument('<NAME|ID>', 'the key')
    .action((nameOrId: string, options: KeysOptions) =>
      withKeys(options, async (keys, { printAll }) => {
        const key = await keys.revoke(nameOrId);
        await printAll(keyView, key === undefined ? [] : [key]);
      }),
    );
}

function storeOption(): Option {
  return new Option('--store <url>', 'the store, instead of a server');
}

function withKeys(
  options: KeysOptions,
  run: (keys: KeyAdmin, printer: Printer) => Promise<void>,
): Promise<void> {
  if (options.store === undefined) {
    return withSession(options, (session) =>
      run(keysOnServer(session.directory, session.call), session),
    );
  }
  const out = openOutput(process.stdout, new AbortController().signal);
  const printer = printerOf(options.json === true, out);
  return withKeysOf(options.store, async (keys) => {
    await run(keys, printer);
    await out.flush();
  });
}

const keyView: View<ApiKey> = {
  columns: [
    { header: 'ID', text: ({ id }) => id },
    { header: 'NAME', text: ({ name }) => name },
    { header: 'SCOPES', text: ({ scopes }) => scopes.join(' ') },
    { header: 'CREATED', text: ({ createdAt }) => dayOf(createdAt) },
    {
      header: 'STATUS',
      text: statusText,
      color: (key) => (statusText(key).startsWith('expires') ? 'green' : 'yellow'),
    },
  ],
  json: ({ id, name, scopes, createdAt, expiresAt, revokedAt }) => ({
    ...{ id, name, scopes },
    createdAt: createdAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  }),
};

function statusText(key: ApiKey): string {
  if (key.revokedAt !== undefined) return `revoked ${dayOf(key.revokedAt)}`;
  return expiryText(key);
}

function expiryText({ expiresAt }: ApiKey): string {
  if (expiresAt === undefined) return 'never expires';
  return `${expiresAt.getTime() <= Date.now() ? 'expired' : 'expires'} ${dayOf(expiresAt)}`;
}

function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? '';
}
