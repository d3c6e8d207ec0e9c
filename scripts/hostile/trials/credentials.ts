import { KeyServiceDefinition } from '../../../gen/personguide/admin/v1/keys.js';
import { connect, RpcError } from '../../../src/index.js';
import { badKeys } from '../../../src/test-support/attacks/bad-keys.js';
import { overload } from '../../../src/test-support/attacks/overload.js';
import { startTarget, type Target } from '../target.js';
import type { Trial, TrialGroup } from '../trial.js';

/** The texts of the two keys of a store. */
interface Keys {
  readonly text: string;
  readonly other: string;
}

const keysOf = new WeakMap<Target, Keys>();

/** Starts the directory with access control and two keys that may read people. */
const start: NonNullable<Trial['start']> = async (folder) => {
  const store = folder.file('keys.db');
  await using open = await startTarget(folder, { store });
  const { text, other } = await addKeys(open.address);
  await open.stop(5000);
  const target = await startTarget(folder, { store, args: ['--auth', 'keys'] });
  keysOf.set(target, { text, other });
  return target;
};

async function addKeys(address: string): Promise<Keys> {
  await using directory = connect(address);
  const service = directory.client(KeyServiceDefinition);
  const add = (name: string): Promise<{ text: string }> =>
    service.addKey({ name, scopes: ['people:read'] });
  return { text: (await add('orders')).text, other: (await add('other')).text };
}

export const credentials: TrialGroup = {
  title: 'Keys that must not be taken',
  shared: true,
  trials: [
    {
      name: 'a valid key is taken',
      start,
      short: true,
      run: async (target) => {
        const status = await statusWith(target, (text) => [`Bearer ${text}`]);
        if (status !== 'OK') throw new Error(`the call ended with ${status}`);
      },
    },
    ...badKeys.map(([name, valuesOf]): Trial => ({
      name,
      short: true,
      run: async (target) => {
        const status = await statusWith(target, valuesOf);
        if (status !== 'UNAUTHENTICATED') throw new Error(`the call ended with ${status}`);
      },
    })),
    {
      name: 'as many calls without a key as possible for 3 s',
      run: async (target) => {
        using calls = await overload(target.address, { durationMs: 3000 });
        if (calls.statuses.has('0')) throw new Error('a call without a key was served');
        return [...calls.statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
      },
    },
  ],
};

async function statusWith(
  target: Target,
  valuesOf: (text: string, other: string) => readonly string[],
): Promise<string> {
  const { text = '', other = '' } = keysOf.get(target) ?? {};
  const metadata = { authorization: valuesOf(text, other) };
  await using directory = connect(target.address, { retry: false });
  try {
    await directory.people.getPhone({ id: 1 }, { metadata });
    return 'OK';
  } catch (error) {
    const { codeName } = error as RpcError;
    return codeName === 'NOT_FOUND' ? 'OK' : codeName;
  }
}
