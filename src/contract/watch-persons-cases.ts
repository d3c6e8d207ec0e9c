import { status } from '@grpc/grpc-js';
import {
  PersonGuideClient,
  WatchPersonsRequest,
  type Person,
  type WatchPersonsResponse,
} from '../../gen/personguide/person_guide.js';
import type { CallOptions, PartialMessage } from '../index.js';
import { clientOf, messageOf, statusOf } from '../test-support/grpc-calls.js';
import { all, failure } from '../test-support/outcome.js';
import { newPerson, peopleCalls, unique, type Connected } from './connected.js';
import { after, NOW, SNAPSHOT, Watcher, type Filter, type Start } from './watcher.js';

/** What WatchPersons promises. */
export function watchPersonsCases(connected: () => Connected): void {
  const people = () => peopleCalls(connected());
  const watch = (start: Start, filter?: Filter, options?: CallOptions) =>
    new Watcher(connected(), start, filter, options);

  async function record(...list: PartialMessage<Person>[]): Promise<Person[]> {
    return (await people().recordPersons(list.map((fields) => newPerson(fields)))).people;
  }
  async function recordOne(fields: PartialMessage<Person> = {}): Promise<Person> {
    const [person] = await record(fields);
    if (person === undefined) throw new Error('no person was recorded');
    return person;
  }
  async function update(person: PartialMessage<Person>, updateMask?: string[]): Promise<Person> {
    const { person: updated } = await people().updatePerson({ person, updateMask });
    if (updated === undefined) throw new Error('the response has no person');
    return updated;
  }

  describe('a snapshot', () => {
    it('has everyone who matches, by id, and ends with snapshot_complete', async () => {
      const [address, label] = [unique('street'), unique('label')];
      const fields = { adresses: [{ name: address }] };
      const recorded = await record(fields, { ...fields, labels: [label] }, { labels: [label] });
      const filters: [Filter, number[]][] = [
        [{ address: ` ${address.toUpperCase()}` }, [0, 1]],
        [{ label: label.toUpperCase() }, [1, 2]],
        [{ address, label }, [1]],
        [{ label: unique('no') }, []],
      ];
      for (const [filter, places] of filters) {
        await using watcher = watch(SNAPSHOT, filter);
        await watcher.until(() => watcher.isComplete);
        expect([...watcher.people.values()]).toEqual(places.map((place) => recorded[place]));
        expect(watcher.deletedIds).toEqual([]);
      }
    });

    it('has everyone without a filter, as ListPersons', async () => {
      await record({}, {});
      await using watcher = watch(SNAPSHOT);
      const before = await all(people().listPersons({}));
      const responses = await watcher.until(() => watcher.isComplete);
      const ids = responses.flatMap((response) => response.people.map(({ id }) => id));
      const returned = new Set(ids);
      expect(before.filter(({ id }) => !returned.has(id))).toEqual([]);
      expect(ids).toEqual([...returned].sort((a, b) => a - b));
      expect(responses.filter(({ snapshotComplete }) => snapshotComplete)).toEqual([
        responses.at(-1),
      ]);
      expect(responses.at(-1)?.people).toEqual([]);
    });

    it('is followed by what changed while it was read', async () => {
      const label = unique('label');
      const fields = { labels: [label] };
      const recorded = await record(...Array.from({ length: 3000 }, () => fields));
      const [first, second] = recorded;
      const last = recorded.at(-1);
      await using watcher = watch(SNAPSHOT, { label });
      await watcher.next();
      const changed = await update({ id: first?.id, title: 'x' });
      await people().deletePerson({ id: second?.id });
      await update({ id: last?.id }, ['labels']);
      const added = await recordOne(fields);
      await watcher.until(() => watcher.isComplete);
      await watcher.until(() => watcher.people.has(added.id) && !watcher.people.has(last?.id ?? 0));
      await watcher.until(() => watcher.people.get(changed.id)?.etag === changed.etag);
      const expected = recorded.slice(2, -1).map(({ id }) => id);
      expect([...watcher.people.keys()].sort((a, b) => a - b)).toEqual([
        changed.id,
        ...expected,
        added.id,
      ]);
    });

    it('can be resumed at each of its responses', async () => {
      const label = unique('label');
      const recorded = await record(...Array.from({ length: 1700 }, () => ({ labels: [label] })));
      let token = '';
      const ids: number[] = [];
      for (let isComplete = false; !isComplete;) {
        await using watcher = watch(token === '' ? SNAPSHOT : after(token), { label });
        const response = await watcher.next();
        ids.push(...response.people.map(({ id }) => id));
        isComplete = response.snapshotComplete;
        token = response.syncToken;
      }
      expect(ids).toEqual(recorded.map(({ id }) => id));
      const added = await recordOne({ labels: [label] });
      await using watcher = watch(after(token), { label });
      expect((await watcher.see(added)).flatMap((response) => response.people)).toEqual([added]);
    });
  });

  describe('changes', () => {
    it('come after an empty first response with a token', async () => {
      const label = unique('label');
      await using watcher = watch(NOW, { label });
      expect(await watcher.next()).toEqual({
        people: [],
        deletedIds: [],
        snapshotComplete: false,
        syncToken: expect.stringMatching(/^[\w-]+$/) as string,
      });
      const added = await recordOne({ labels: [label] });
      await watcher.see(added);
      expect([...watcher.people.values()]).toEqual([added]);
    });

    it('are those of every kind of write, as stored', async () => {
      const label = unique('label');
      const fields = newPerson({ labels: [label] });
      await using watcher = watch(NOW, { label });
      await watcher.next();
      const recorded = await recordOne(fields);
      await watcher.see(recorded);
      const { person: created } = await people().createPerson({ person: fields });
      if (created === undefined) throw new Error('the response has no person');
      await watcher.see(created);
      await watcher.see(await update({ id: created.id, title: 'x' }));
      await people().deletePerson({ id: created.id });
      await watcher.seeDeleted(created.id);
      const { person: restored } = await people().undeletePerson({ id: created.id });
      if (restored === undefined) throw new Error('the response has no person');
      await watcher.see(restored);
      await all(people().importPersons([{ people: [{ ...fields, name: 'Imported' }] }]));
      await watcher.until(() =>
        [...watcher.people.values()].some(({ name }) => name === 'Imported'),
      );
      expect(watcher.people.get(recorded.id)).toEqual(recorded);
      expect(watcher.people.get(created.id)).toEqual(restored);
    });

    it('come in the order in which they were made', async () => {
      const label = unique('label');
      await using watcher = watch(NOW, { label });
      await watcher.next();
      const added: Person[] = [];
      for (let count = 0; count < 30; count += 1) added.push(await recordOne({ labels: [label] }));
      const [first, ...others] = added;
      const again = await update({ id: first?.id, title: 'x' });
      const responses = await watcher.see(again);
      const ids = responses.flatMap((response) => response.people.map(({ id }) => id));
      const expected = [...others.map(({ id }) => id), again.id];
      expect(ids[0] === again.id ? ids.slice(1) : ids).toEqual(expected);
    });

    it('of one write come by id, in several responses if they are many', async () => {
      const label = unique('label');
      await using watcher = watch(NOW, { label });
      await watcher.next();
      const recorded = await record(...Array.from({ length: 2000 }, () => ({ labels: [label] })));
      const last = recorded.at(-1);
      const responses = last === undefined ? [] : await watcher.see(last);
      expect(responses.flatMap((response) => response.people)).toEqual(recorded);
      expect(responses.length).toBeGreaterThan(1);
    });

    it('by which a person begins or ceases to match are people and deleted_ids', async () => {
      const [address, label] = [unique('street'), unique('label')];
      const { id } = await recordOne();
      await using watcher = watch(NOW, { address, label });
      await watcher.next();
      await update({ id, adresses: [{ name: address }] });
      await watcher.see(await update({ id, labels: [label] }));
      await update({ id }, ['adresses']);
      await watcher.seeDeleted(id);
      await watcher.see(await update({ id, adresses: [{ name: address.toUpperCase() }] }));
    });

    it('come exactly from each token on', async () => {
      const label = unique('label');
      await using watcher = watch(NOW, { label });
      const tokens = [(await watcher.next()).syncToken];
      const changed: Person[] = [];
      for (let count = 0; count < 5; count += 1) {
        const person = await recordOne({ labels: [label] });
        changed.push(person);
        await watcher.see(person);
        tokens.push(watcher.token);
      }
      const end = await recordOne({ labels: [label] });
      for (const [place, token] of tokens.entries()) {
        await using resumed = watch(after(token), { label });
        const responses = await resumed.see(end);
        const expected = [...changed.slice(place), end];
        expect(responses.flatMap((response) => response.people)).toEqual(expected);
        expect(responses.some(({ snapshotComplete }) => snapshotComplete)).toBe(false);
      }
    });

    it('reach many watchers, with different filters, in the same order', async () => {
      const labels = [unique('label'), unique('label')];
      const watchers = Array.from({ length: 40 }, (_, index) =>
        watch(NOW, { label: labels[index % 2] }),
      );
      await Promise.all(watchers.map((watcher) => watcher.next()));
      for (let count = 0; count < 20; count += 1) await recordOne({ labels });
      const end = await recordOne({ labels });
      await Promise.all(
        watchers.map(async (watcher) => {
          await watcher.see(end);
          const ids = [...watcher.people.keys()];
          expect(ids).toHaveLength(21);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
          await watcher[Symbol.asyncDispose]();
        }),
      );
    });
  });

  describe('a call', () => {
    it('returns an empty response with a token when it has been silent', async () => {
      const label = unique('label');
      const startedMs = performance.now();
      await using watcher = watch(NOW, { label, heartbeatSeconds: 1 });
      await watcher.next();
      // Others may write meanwhile, which this call returns as ids that do not match.
      const heartbeat = (await watcher.until(() => performance.now() - startedMs > 900)).at(-1);
      expect(heartbeat).toMatchObject({ people: [], snapshotComplete: false });
      const added = await recordOne({ labels: [label] });
      await using resumed = watch(after(heartbeat?.syncToken ?? ''), { label });
      await resumed.see(added);
    });

    it('responds immediately to a token after which nothing has changed', async () => {
      const label = unique('label');
      await using watcher = watch(NOW, { label, heartbeatSeconds: 240 });
      await watcher.next();
      await using resumed = watch(after(watcher.token), { label, heartbeatSeconds: 240 });
      expect(await resumed.next()).toMatchObject({ people: [] });
    });

    it('ends when the caller cancels, and when its deadline passes', async () => {
      const cancel = new AbortController();
      await using watcher = watch(NOW, {}, { signal: cancel.signal });
      await watcher.next();
      const reading = failure(watcher.until(() => false));
      cancel.abort();
      expect((await reading).codeName).toBe('CANCELLED');
      await using late = watch(NOW, {}, { timeoutMs: 300 });
      expect((await failure(late.until(() => false))).codeName).toBe('DEADLINE_EXCEEDED');
    });

    it('sends a caller who stops reading what has changed meanwhile, once that reads on', async () => {
      const label = unique('label');
      const note = 'x'.repeat(10_000);
      using stub = clientOf(PersonGuideClient, connected().address);
      const request = WatchPersonsRequest.fromPartial({ start: NOW, label });
      const call = stub.watchPersons(request);
      await messageOf(call);
      call.pause();
      const list = Array.from({ length: 200 }, () => ({ labels: [label], note }));
      // 20 MB of changes, more than any buffer on the way holds; each person changes ten times.
      let recorded = await record(...list);
      for (let turn = 0; turn < 9; turn += 1) {
        recorded = await record(...recorded.map(({ id }) => ({ id, labels: [label], note })));
      }
      const end = await recordOne({ labels: [label] });
      const known = new Map<number, string>();
      await new Promise<void>((resolve) => {
        call.on('data', (response: WatchPersonsResponse) => {
          for (const { id, etag } of response.people) known.set(id, etag);
          if (known.has(end.id)) resolve();
        });
        call.resume();
      });
      for (const { id, etag } of recorded) expect(known.get(id)).toBe(etag);
      const ended = statusOf(call);
      call.cancel();
      expect((await ended).code).toBe(status.CANCELLED);
    });
  });

  it.each([
    ['another filter', (token: string) => ({ start: after(token), label: unique('other') })],
    ['no filter', (token: string) => ({ start: after(token) })],
    ['a character missing', (token: string) => ({ start: after(token.slice(0, -1)) })],
    ['no token in it', () => ({ start: after('') })],
    ['a page token', () => ({ start: after('AQAAAAAAAAAAAFsxXQ') })],
  ])('rejects a sync token with %s', async (_, requestOf) => {
    const label = unique('label');
    await using watcher = watch(NOW, { label });
    await watcher.next();
    const request = { label: '', ...requestOf(watcher.token) };
    const error = await failure(all(people().watchPersons(request)));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: ['sync_token'] });
  });

  it.each([
    ['no start', {}, 'start'],
    ['a snapshot that is false', { start: { $case: 'snapshot', value: false } }, 'snapshot'],
    ['now that is false', { start: { $case: 'now', value: false } }, 'now'],
    ['a negative heartbeat', { start: NOW, heartbeatSeconds: -1 }, 'heartbeat_seconds'],
    ['a heartbeat above 240 s', { start: NOW, heartbeatSeconds: 241 }, 'heartbeat_seconds'],
    ['an address that is too long', { start: NOW, address: 'x'.repeat(201) }, 'address'],
    ['a label with a control character', { start: NOW, label: '\u0007' }, 'label'],
  ] as const)('fails with INVALID_ARGUMENT for %s', async (_, request, field) => {
    const error = await failure(all(people().watchPersons(request)));
    expect(error).toMatchObject({ codeName: 'INVALID_ARGUMENT', fields: [field] });
  });
}
