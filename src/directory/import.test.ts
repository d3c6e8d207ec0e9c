import { ImportPersonsRequest, Person } from '../../gen/personguide/person_guide.js';
import { decodeMessage } from '../rpc/index.js';
import { openStore } from '../store/open.js';
import { MessageBuilder } from './encoded.js';
import { importPeople, type ImportDecoder } from './import.js';
import type { Store } from './store.js';

const decode: ImportDecoder = {
  request: (bytes) => decodeMessage(ImportPersonsRequest, bytes) as ImportPersonsRequest,
  person: (bytes) => decodeMessage(Person, bytes) as Person,
};

const encode = (request: object): Uint8Array =>
  ImportPersonsRequest.encode(ImportPersonsRequest.fromPartial(request)).finish();

const ANN = { name: 'Ann', email: 'ann@example.org' };

/** A group of a later contract, field 9, which is empty. */
const GROUP = [(9 << 3) | 3, (9 << 3) | 4];

describe('An import', () => {
  let store: Store;

  beforeEach(async () => {
    store = await openStore(':memory:');
  });

  afterEach(async () => {
    await store.close();
  });

  /** The last response to these requests. */
  async function imported(...requests: Uint8Array[]): Promise<unknown> {
    async function* batches(): AsyncGenerator<Uint8Array[]> {
      yield requests;
    }
    let last: unknown;
    for await (const response of importPeople(store, batches(), decode, {})) last = response;
    return last;
  }

  it('stores people alike, whether they had to be decoded or not', async () => {
    const unusual = Buffer.concat([Buffer.from([0x10, 0]), Person.encode(person(ANN)).finish()]);
    const requests = [
      encode({ people: [ANN] }),
      new MessageBuilder(0).varint(18).varint(unusual.length).raw(unusual).finish(),
    ];
    expect(await imported(...requests)).toMatchObject({ committed: 2, created: 2, faults: [] });
    const { messages } = await store.listPeople({ afterId: 0, limit: 10 });
    const [plain, decoded] = messages.map((message) => Person.decode(message));
    expect(decoded).toEqual({
      ...plain,
      id: 2,
      etag: '3',
      createTime: decoded?.createTime,
      lastUpdated: decoded?.lastUpdated,
    });
  });

  it('takes the options of a request that come after its people', async () => {
    const request = Buffer.concat([
      encode({ people: [ANN] }),
      encode({ options: { dryRun: true } }),
    ]);
    expect(await imported(request)).toMatchObject({ committed: 1, created: 1 });
    expect(await store.countPeople()).toBe(0);
  });

  it('skips fields of a later contract, also groups', async () => {
    const request = Buffer.concat([encode({ people: [ANN, {}] }), Buffer.from(GROUP)]);
    expect(await imported(request)).toMatchObject({
      committed: 2,
      created: 1,
      faults: [{ index: 1 }],
    });
  });

  it.each([
    ['a request that is cut off', encode({ people: [ANN] }).subarray(0, 9)],
    [
      'a person who is cut off',
      Buffer.concat([encode({ people: [ANN] }), Buffer.from([18, 2, 10, 5])]),
    ],
    [
      'text that is not UTF-8',
      Buffer.concat([encode({ people: [ANN] }), Buffer.from([18, 3, 10, 1, 0xff])]),
    ],
  ])('stores nothing of %s', async (_, request) => {
    await expect(imported(request)).rejects.toMatchObject({ code: 'UNDECODABLE_MESSAGE' });
    expect(await store.countPeople()).toBe(0);
  });

  it('refuses a request with too many people without looking at all of them', async () => {
    const request = Buffer.alloc(200_000, Buffer.of(18, 0));
    await expect(imported(request)).rejects.toMatchObject({
      violations: [{ field: 'people', description: 'must be at most 10000' }],
    });
  });
});

function person(fields: object): Person {
  return Person.fromPartial(fields);
}
