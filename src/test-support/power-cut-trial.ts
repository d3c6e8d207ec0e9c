import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserRequest } from '../../gen/grpcUser/user.js';
import { Person } from '../../gen/personguide/person_guide.js';
import { readPages } from '../directory/pages.js';
import type { Store } from '../directory/store.js';
import { checkBackup } from '../store/backup-file.js';
import { openStore } from '../store/open.js';
import { randomNumbers } from './random.js';
import { beganAnew, walTransactions } from './wal-frames.js';
import { stateOf, statesOf, WriteLedger } from './write-ledger.js';

/** Simulated power cuts of a store under load. */
export interface PowerCutPlan {
  /** An existing folder. */
  readonly folder: string;
  /** At least so many, and at least one at each moment. */
  readonly cuts: number;
  readonly seed: number;
}

/** What was found on the simulated disks. */
export interface PowerCutReport {
  readonly cuts: number;
  /** How many were during the write of a WAL, at its new beginning, and during a checkpoint. */
  readonly moments: Readonly<Record<Moment, number>>;
  readonly acknowledged: number;
  /** One line for each fault; empty if all is well. */
  readonly problems: readonly string[];
}

type Moment = 'commit' | 'first commit of a WAL' | 'checkpoint';

/** The two files as they are between two commits, when all of them is on the disk. */
interface Files {
  readonly file: Buffer;
  readonly wal: Buffer;
}

/** What a disk may have after a power cut. */
interface Disk extends Files {
  readonly moment: Moment;
}

const SECTOR_BYTES = 512;

/**
 * Makes writes, a group at a time, and simulates power cuts during the commit of each group and during
 * the checkpoint after it: what a disk had before it, with each sector that is written and not yet
 * synced being new, old, zeros or random bytes. What is opened from that must have all groups before,
 * and each write of this group as a whole or not at all.
 */
export async function runPowerCutTrial({
  folder,
  cuts,
  seed,
}: PowerCutPlan): Promise<PowerCutReport> {
  const random = randomNumbers(seed);
  const path = join(folder, 'people.db');
  const store = await openStore(path);
  const ledger = new WriteLedger();
  const moments = { commit: 0, 'first commit of a WAL': 0, checkpoint: 0 };
  const problems: string[] = [];
  let done = 0;
  try {
    await startPeople(store, ledger);
    let before = readFiles(path);
    const isDone = (): boolean =>
      done >= cuts && Object.values(moments).every((count) => count > 0);
    for (let group = 0; !isDone() && problems.length === 0; group += 1) {
      const writing = writeGroup(store, ledger, group, random);
      const atCut = ledger.copy();
      await writing;
      const after = readFiles(path);
      for (const disk of disksBetween(before, after, random)) {
        done += 1;
        moments[disk.moment] += 1;
        const found = await problemsOn(disk, join(folder, 'cut'), atCut);
        problems.push(...found.map((problem) => `${disk.moment}, group ${group}: ${problem}`));
      }
      before = after;
    }
  } finally {
    await store.close();
  }
  return { cuts: done, moments, acknowledged: ledger.acknowledged, problems };
}

/** People whom the groups change and delete. */
const CHANGED = Array.from({ length: 20 }, (_, index) => index + 1);

async function startPeople(store: Store, ledger: WriteLedger): Promise<void> {
  const people = CHANGED.map((id) =>
    ledger.write(nameOf(id), stateOf(1), () => recordOne(store, id)),
  );
  await Promise.all(people);
}

function nameOf(id: number): string {
  return `changed ${id}`;
}

function recordOne(store: Store, id: number): Promise<unknown> {
  return store.recordPeople([Person.fromPartial({ id, name: nameOf(id) })]);
}

/** Writes of all kinds at the same time. */
async function writeGroup(
  store: Store,
  ledger: WriteLedger,
  group: number,
  random: () => number,
): Promise<void> {
  const id = 1 + Math.floor(random() * CHANGED.length);
  const title = `title ${group}`;
  const size = 1 + Math.floor(random() * 80);
  await Promise.all([
    ledger.write(`recording ${group}`, stateOf(size), () =>
      store.recordPeople(peopleNamed(`recording ${group}`, size)),
    ),
    ledger.write(`import ${group}`, stateOf(size), () => importPeople(store, group, size)),
    ledger.write(`user ${group}`, stateOf(1), () =>
      store.addUser(UserRequest.fromPartial({ firstName: `user ${group}` })),
    ),
    ledger.write(nameOf(id), stateOf(1, title), () =>
      store.changePerson({
        ...{ kind: 'update', fields: ['title'], etag: '', allowMissing: true },
        person: Person.fromPartial({ id, name: nameOf(id), title }),
      }),
    ),
    createAndDelete(store, ledger, group),
  ]);
}

/** Creates a person and deletes it again, in a later transaction than that of the others. */
async function createAndDelete(store: Store, ledger: WriteLedger, group: number): Promise<void> {
  const person = Person.fromPartial({ name: `deleted ${group}` });
  let id = 0;
  await ledger.write(person.name, stateOf(1), async () => {
    id = Person.decode(await store.changePerson({ kind: 'create', person })).id;
  });
  await ledger.write(person.name, stateOf(0), () =>
    store.changePerson({ kind: 'delete', id, etag: '', allowMissing: false }),
  );
}

function importPeople(store: Store, group: number, size: number): Promise<unknown> {
  return store.importPeople({
    people: peopleNamed(`import ${group}`, size).map((person, index) => ({ index, person })),
    ...{ faults: [], match: 'none', dryRun: false, importId: `import ${group}` },
    ...{ committedBefore: 0, committedAfter: size },
  });
}

/** Each takes about half a page. */
function peopleNamed(name: string, count: number): Person[] {
  const note = `${name} `.repeat(150);
  return Array.from({ length: count }, () => Person.fromPartial({ name, note }));
}

function readFiles(path: string): Files {
  return { file: readFileSync(path), wal: readFileSync(`${path}-wal`) };
}

/** Disks of power cuts between two states, as far as it is known what was synced when. */
function* disksBetween(before: Files, after: Files, random: () => number): Generator<Disk> {
  const isFileSame = before.file.equals(after.file);
  const transactions = walTransactions(after.wal);
  if (beganAnew(before.wal, after.wal)) {
    const [first] = transactions;
    if (first === undefined || !isFileSame) return;
    const wal = mixed(before.wal, after.wal, first, random);
    yield { moment: 'first commit of a WAL', file: before.file, wal };
    return;
  }
  const synced = walTransactions(before.wal).at(-1)?.end ?? 0;
  const added = transactions.filter(({ start }) => start >= synced);
  // Those behind the first one may be in the file already.
  const cut = isFileSame ? added[Math.floor(random() * added.length)] : added[0];
  // Every other one, so that there are more of the two rare moments.
  if (cut !== undefined && random() < 0.5) {
    const base = Buffer.concat([after.wal.subarray(0, cut.start), before.wal.subarray(cut.start)]);
    yield { moment: 'commit', file: before.file, wal: mixed(base, after.wal, cut, random) };
  }
  if (isFileSame) return;
  const whole = { start: 0, end: after.file.length };
  const file = mixed(before.file, after.file, whole, random);
  yield { moment: 'checkpoint', file, wal: after.wal };
}

/**
 * The bytes of `after` between start and end over those of `before`, as a disk may have them: where
 * they differ, each sector is new, old, zeros or random bytes. The length is old or new.
 */
function mixed(
  before: Buffer,
  after: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  random: () => number,
): Buffer {
  const longer = Buffer.alloc(Math.max(before.length, end));
  before.copy(longer);
  // A disk either wrote little of it or nearly all.
  const written = random();
  for (let at = start; at < end; at = nextSector(at)) {
    const sector = longer.subarray(at, Math.min(nextSector(at), end));
    const wanted = after.subarray(at, at + sector.length);
    if (sector.equals(wanted)) continue;
    const choice = random();
    if (choice < written) wanted.copy(sector);
    else if (choice < written + (1 - written) / 3) sector.fill(0);
    else if (choice < written + (2 * (1 - written)) / 3) sector.fill(Math.floor(random() * 256));
  }
  const isShort = longer.length > before.length && start >= before.length && random() < 0.2;
  return isShort ? longer.subarray(0, before.length) : longer;
}

function nextSector(at: number): number {
  return (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES;
}

/** Opens what a disk has, as a server does when it starts again. */
async function problemsOn(disk: Disk, folder: string, ledger: WriteLedger): Promise<string[]> {
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  mkdirSync(folder);
  const path = join(folder, 'people.db');
  writeFileSync(path, disk.file);
  writeFileSync(`${path}-wal`, disk.wal);
  try {
    const store = await openStore(path);
    const states = await statesIn(store);
    await store.close();
    await checkBackup(path);
    return ledger.problems(states);
  } catch (error) {
    return [String(error)];
  }
}

async function statesIn(store: Store): Promise<Map<string, string>> {
  const things: { name: string; change?: string }[] = [];
  for await (const { messages } of readPages(1000, (page) => store.listPeople(page))) {
    for (const message of messages) {
      const { name, title } = Person.decode(message);
      things.push({ name, change: title });
    }
  }
  for await (const { messages } of readPages(1000, (page) => store.listUsers(page))) {
    for (const message of messages) things.push({ name: UserRequest.decode(message).firstName });
  }
  return statesOf(things);
}
