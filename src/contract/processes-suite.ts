import { connect, type Directory } from '../index.js';
import { all, failure } from '../test-support/outcome.js';
import { isCall, startServerProcess, type ServerProcess } from '../test-support/program.js';
import { newPerson, unique, uniqueEmail, withKey, type Connected } from './connected.js';
import { after, NOW, Watcher } from './watcher.js';
import { adress } from './store-messages.js';

/** The place of a store. */
export interface StorePlace {
  readonly url: string;
  /** Removes the store. */
  remove(): Promise<void>;
}

const ROUNDS = 20;
const WRITERS = 6;

let made = 0;

/** What must hold where two processes of one server have a store open. */
export function processesSuite(engine: string, place: () => Promise<StorePlace>): void {
  describe(`two processes on ${engine}`, () => {
    let store: StorePlace;
    let server: ServerProcess;
    /** Each has one connection, to a process of its own. */
    let one: Directory;
    let other: Directory;

    beforeAll(async () => {
      store = await place();
      server = await startServerProcess(['--store', store.url, '--processes', '2']);
      one = connect(server.address, { retry: false });
      await one.waitForReady();
      other = connect(server.address, { retry: false });
      await other.waitForReady();
    });

    afterAll(async () => {
      one.close();
      other.close();
      const { code } = await server.kill('SIGTERM');
      await store.remove();
      expect(code).toBe(0);
    });

    const connected = (client: Directory): Connected => ({
      client,
      address: server.address,
      close: () => Promise.resolve(),
    });

    const pairs = (): (readonly [Directory, Directory])[] => [
      [one, other],
      [other, one],
    ];

    it('serves two connections in two processes', async () => {
      const workers = new Set<unknown>();
      for (const client of [one, other]) {
        await client.health();
        const requestId = `from-${workers.size}`;
        await client.users.getUser({}, { metadata: { 'x-request-id': requestId } });
        workers.add((await server.line((line) => line['requestId'] === requestId))['worker']);
      }
      expect([...workers].sort()).toEqual([1, 2]);
    });

    it('returns in one process what another has just acknowledged', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [writer, reader] of pairs()) {
          const person = newPerson();
          const created = await writer.people.createPerson({ person });
          const { id } = created.person;
          const key = { id };
          expect(await reader.people.getPerson({ key })).toEqual(created);
          const change = { id, name: `Ann ${round}` };
          const updated = await reader.people.updatePerson({ person: change });
          expect(await writer.people.getPerson({ key })).toEqual(updated);
          await writer.people.deletePerson({ id });
          expect(await failure(reader.people.getPerson({ key }))).toMatchObject({
            codeName: 'NOT_FOUND',
          });
          const email = uniqueEmail();
          const { user } = await writer.users.addUser({ firstName: 'Ann', email });
          expect(await reader.users.findUser({ email })).toEqual(user);
        }
      }
    });

    it('finds in one process what another has just written, by words, phones and lists', async () => {
      for (let round = 0; round < ROUNDS / 4; round += 1) {
        for (const [writer, reader] of pairs()) {
          const name = unique('Zacharias ');
          const home = unique('home of ');
          const phone = `+54 11 4${String(1_000_000 + made++)}`;
          const person = { name, phones: [{ number: phone, type: 0 }], adresses: [adress(home)] };
          const { id } = (await writer.people.createPerson({ person })).person;
          const { matches } = await reader.people.searchPersons({ query: name });
          expect(matches.map((match) => match.person?.id)).toContain(id);
          expect((await reader.people.getPerson({ key: { phone } })).person.id).toBe(id);
          const listed = await all(reader.people.listPersons({ name: home }));
          expect(listed.map((each) => each.id)).toEqual([id]);
        }
      }
    });

    it('applies an idempotency key once, wherever it arrives at the same time', async () => {
      const before = (await one.users.listUsers({ pageSize: 1000 })).users.length;
      for (let round = 0; round < ROUNDS; round += 1) {
        const options = withKey(`twice-${round}`);
        const calls = [one, other, one, other];
        const users = await Promise.all(
          calls.map(({ users: api }) => api.addUser({ firstName: `Twice ${round}` }, options)),
        );
        expect(new Set(users.map(({ user }) => user?.id)).size).toBe(1);
        const books = await Promise.all(
          calls.map(({ people }) => people.recordPersons([{ name: `Twice ${round}` }], options)),
        );
        expect(new Set(books.map(({ people }) => people[0]?.id)).size).toBe(1);
      }
      const { users } = await other.users.listUsers({ pageSize: 1000 });
      expect(users.length - before).toBe(ROUNDS);
    });

    it('gives an email to one user, wherever several ask for it at the same time', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const email = `taken-${round}@example.com`;
        const ends = await Promise.allSettled(
          [one, other].map(({ users }) => users.addUser({ firstName: 'Ann', email })),
        );
        const failed = ends.filter(({ status }) => status === 'rejected');
        expect(failed).toMatchObject([{ reason: { codeName: 'ALREADY_EXISTS' } }]);
      }
    });

    it('fails no write, and assigns each id once, while both processes write', async () => {
      await using watcher = new Watcher(connected(other), NOW);
      await watcher.next();
      const ids: number[] = [];
      const write = async ({ people, users }: Directory, writer: number): Promise<void> => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const name = `writer ${writer} round ${round}`;
          const book = await people.recordPersons([{ name }, { name }, { name }]);
          ids.push(...book.people.map(({ id }) => id));
          await users.addUser({ firstName: name });
        }
      };
      await Promise.all(
        Array.from({ length: WRITERS }, (_, writer) => write(writer % 2 ? one : other, writer)),
      );
      expect(ids.length).toBe(WRITERS * ROUNDS * 3);
      expect(new Set(ids).size).toBe(ids.length);
      await watcher.until(() => watcher.people.size >= ids.length);
      const seen = [...watcher.people.keys()].sort((a, b) => a - b);
      expect(seen).toEqual(ids.sort((a, b) => a - b));
    });

    it('shows a change to watchers of all processes, and continues a watch in any of them', async () => {
      await using near = new Watcher(connected(one), NOW);
      await using far = new Watcher(connected(other), NOW);
      await near.next();
      await far.next();
      const tookMs: number[] = [];
      let id = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const { person } = await one.people.createPerson({ person: newPerson() });
        const acknowledgedMs = performance.now();
        await Promise.all([near.see(person), far.see(person)]);
        tookMs.push(performance.now() - acknowledgedMs);
        id = person.id;
      }
      tookMs.sort((a, b) => a - b);
      expect(tookMs[ROUNDS / 2]).toBeLessThan(100);
      // Each continues in the other process.
      const { person } = await other.people.updatePerson({ person: { id, name: 'missed' } });
      await using nearAgain = new Watcher(connected(other), after(near.token));
      await using farAgain = new Watcher(connected(one), after(far.token));
      await Promise.all([nearAgain.see(person), farAgain.see(person)]);
      expect([...nearAgain.people.values()]).toEqual([person]);
      expect([...farAgain.people.values()]).toEqual([person]);
    });

    it('loses nothing and fails no call of a client that retries when a process is killed', async () => {
      const options = { connections: 4, retry: { maxAttempts: 8 }, timeoutMs: 20_000 };
      await using client = connect(server.address, options);
      await client.waitForReady();
      const acknowledged: number[] = [];
      let kills = 0;
      const killOne = async (): Promise<void> => {
        const serving = server.lines
          .filter((line) => line.includes('a worker serves calls'))
          .map((line) => JSON.parse(line) as { worker: number; pid: number });
        // The newest of that number.
        const victim = serving.findLast(({ worker }) => worker === (kills % 2) + 1);
        kills += 1;
        process.kill(victim?.pid ?? 0, 'SIGKILL');
        await server.line(
          (line) =>
            line['msg'] === 'a worker serves calls' &&
            !serving.some(({ pid }) => pid === line['pid']),
        );
      };
      const work = async (writer: number): Promise<void> => {
        for (let round = 0; round < ROUNDS * 3; round += 1) {
          const { people } = client;
          const person = { name: `kept ${writer} ${round}` };
          const book = await people.recordPersons([person]);
          acknowledged.push(book.people[0]?.id ?? 0);
          await people.getPerson({ key: { id: book.people[0]?.id ?? 0 } });
        }
      };
      const working = Promise.all(Array.from({ length: WRITERS }, (_, writer) => work(writer)));
      await killOne();
      await killOne();
      await working;
      expect(kills).toBe(2);
      const found = new Set((await all(client.people.listPersons({}))).map(({ id }) => id));
      expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
      expect(new Set(acknowledged).size).toBe(WRITERS * ROUNDS * 3);
      expect(server.lines.filter((line) => line.includes('signal SIGKILL')).length).toBe(2);
    });

    it('writes whole lines of both processes into one log', async () => {
      const callers = Array.from({ length: 20 }, async (_, caller) => {
        for (let call = 0; call < 50; call += 1) {
          await (caller % 2 ? one : other).people.getPerson({ key: { id: 1 } }).catch(() => null);
        }
      });
      await Promise.all(callers);
      await server.line(isCall('GetPerson'));
      const workers = server.lines
        .map((line) => JSON.parse(line) as { worker?: number; method?: string })
        .filter(({ method }) => method !== undefined)
        .map(({ worker }) => worker);
      expect(new Set(workers)).toEqual(new Set([1, 2]));
    });
  });
}
