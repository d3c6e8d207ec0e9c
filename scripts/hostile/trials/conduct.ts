import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, openChannel } from '../../../src/index.js';
import { GreeterDefinition } from '../../../gen/greeter/greeter.js';
import { overload } from '../../../src/test-support/attacks/overload.js';
import { halfOpenStreams } from '../../../src/test-support/attacks/header-floods.js';
import { stalledReaders } from '../../../src/test-support/attacks/stalled-readers.js';
import { startCarelessTarget, startTargetWithLog, UNREAD, type Target } from '../target.js';
import type { TrialGroup } from '../trial.js';

const PEOPLE = 100_000;
const GRACE = ['--shutdown-grace', '1s'];
/** The grace period and a second. */
const EXIT_MS = 2000;

export const conduct: TrialGroup = {
  title: 'Logs, ends and errors',
  trials: [
    {
      name: 'the disk of the log is full, 2,000 calls at a time',
      start: (folder) => startTargetWithLog(folder, '/dev/full'),
      othersMs: 250,
      run: flood,
    },
    {
      name: 'nothing reads the log, 2,000 calls at a time',
      start: (folder) => startTargetWithLog(folder, UNREAD),
      othersMs: 250,
      run: flood,
    },
    {
      name: 'SIGTERM while a client is frozen in a list',
      args: GRACE,
      people: PEOPLE,
      exitCode: 0,
      run: async (target) => {
        const client = spawn(process.execPath, ['-e', FROZEN_CLIENT, target.address], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(client.stdout, 'data');
        client.kill('SIGSTOP');
        try {
          await exitsInTime(target);
        } finally {
          client.kill('SIGKILL');
        }
      },
    },
    {
      name: 'SIGTERM with 500 stalled readers',
      args: GRACE,
      people: PEOPLE,
      exitCode: 0,
      run: async (target) => {
        const readers = await stalledReaders(target.address, { readers: 500 });
        await exitsInTime(target);
        return readers;
      },
    },
    {
      name: 'SIGTERM with 2,000 half-open streams',
      args: GRACE,
      exitCode: 0,
      short: true,
      run: async (target) => {
        const path = '/personguide.PersonGuide/RoutePhones';
        const streams = await halfOpenStreams(target.address, { requests: 2000, path });
        await exitsInTime(target);
        return streams;
      },
    },
    {
      name: 'SIGTERM under overload',
      args: GRACE,
      exitCode: 0,
      othersMs: 1000,
      run: async (target) => {
        const calls = overload(target.address, { durationMs: 4000 });
        await wait(1000);
        await exitsInTime(target);
        (await calls)[Symbol.dispose]();
      },
    },
    {
      name: 'handlers that never respond, 100 calls without a deadline',
      start: (folder) => startCarelessTarget(folder, 'thrown'),
      run: async ({ address }) => {
        using calls = await overload(address, {
          path: '/greeter.Greeter/SayHello',
          connections: 1,
          durationMs: 1,
        });
        const [[status] = []] = [...calls.statuses];
        if (status !== '4') {
          throw new Error(`the calls ended with ${status}, not DEADLINE_EXCEEDED`);
        }
      },
    },
    ...['thrown', 'rejected'].map((how) => ({
      name: `an error ${how} outside of every call: logged, the process exits with 1`,
      start: (folder: Parameters<typeof startCarelessTarget>[0]) =>
        startCarelessTarget(folder, how),
      exitCode: 1,
      run: async (target: Target) => {
        await using channel = openChannel(target.address);
        await channel.client(GreeterDefinition).sayHelloAgain({ name: 'Ann' });
        while (target.exitCode() === undefined) await wait(50);
        if (!target.log().includes('outside of every call')) {
          throw new Error('it is not in the log');
        }
      },
    })),
    {
      name: '50 clients that are killed while they list',
      people: PEOPLE,
      run: async ({ address }) => {
        for (let count = 0; count < 50; count += 10) {
          await Promise.all(Array.from({ length: 10 }, () => killedReader(address)));
        }
      },
    },
    {
      name: 'what callers send is not in the log',
      args: ['--log-level', 'trace'],
      short: true,
      run: async (target) => {
        await using directory = connect(target.address, { metadata: { 'x-canary': CANARY } });
        const person = {
          name: CANARY,
          email: `${CANARY}@example.org`,
          phones: [{ number: '4242424242' }],
        };
        const [added] = await directory.people.recordPersons([person]).then(({ people }) => people);
        await directory.people.getPhone({ id: added?.id ?? 0 });
        await directory.people.searchPersons({ query: CANARY });
        await directory.users.addUser({ firstName: CANARY, email: `u-${CANARY}@example.org` });
        await directory.people
          .getPhone({ email: `no-${CANARY}@example.org` })
          .catch(() => undefined);
        await directory.people
          .recordPersons([{ name: CANARY, email: `@@${CANARY}` }])
          .catch(() => undefined);
        await wait(300);
        for (const canary of [CANARY, '4242424242']) {
          if (target.log().includes(canary)) throw new Error(`the log contains ${canary}`);
        }
      },
    },
  ],
};

const CANARY = 'canary7531';

const FROZEN_CLIENT = `
  const { connect } = require(${JSON.stringify(require.resolve('../../../src/index.js'))});
  (async () => {
    for await (const person of connect(process.argv[1]).people.listPersons()) {
      console.log(person.id);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
`;

async function flood({ address }: Target): Promise<void> {
  (await overload(address))[Symbol.dispose]();
}

async function exitsInTime(target: Target): Promise<void> {
  const startMs = Date.now();
  const code = await target.stop(EXIT_MS + 3000);
  const tookMs = Date.now() - startMs;
  if (code === undefined || tookMs > EXIT_MS) {
    throw new Error(`it took ${tookMs} ms to exit (code ${code ?? 'none'})`);
  }
}

async function killedReader(address: string): Promise<void> {
  const args = ['-e', FROZEN_CLIENT, address];
  const client = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(client.stdout, 'data');
  client.kill('SIGKILL');
  await once(client, 'exit');
}
