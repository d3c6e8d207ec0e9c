import { credentials, type Channel, type sendUnaryData } from '@grpc/grpc-js';
import { AsyncResource } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Person, PersonGuideClient, type PhoneNumber } from '../../gen/personguide/person_guide.js';
import { connect } from '../index.js';
import { deferred } from '../test-support/deferred.js';
import { correctConnections } from './grpc-js-internals.js';
import { LinkedSet } from './linked-set.js';
import { closeLater, EMPTY_PHONE, serve, stopAll } from './servers.test.support.js';

afterEach(stopAll);

describe('keepalive', () => {
  const time = 50;

  /** A server that stops gracefully during a call, and finishes it after several pings are due. */
  async function serveUntilGoAway(): Promise<{ address: string; finishLate: () => Promise<void> }> {
    const called = deferred<sendUnaryData<PhoneNumber>>();
    const { address, finish } = await serve({
      people: {
        getPhone: (_, callback) => {
          called.resolve(callback);
        },
      },
    });
    const finishLate = async (): Promise<void> => {
      const respond = await called.promise;
      finish();
      await wait(6 * time);
      respond(null, { ...EMPTY_PHONE, number: 'finished' });
    };
    return { address, finishLate };
  }

  it('does not end a quiet call that the server finishes while it stops', async () => {
    const { address, finishLate } = await serveUntilGoAway();
    const keepalive = { timeMs: time };
    const directory = closeLater(connect(address, { keepalive, retry: false }));
    const call = directory.people.getPhone({});
    await finishLate();
    expect((await call).number).toBe('finished');
  });

  it('would end it in grpc-js itself, or else the correction is no longer needed', async () => {
    const { address, finishLate } = await serveUntilGoAway();
    const stub = closeLater(
      new PersonGuideClient(address, credentials.createInsecure(), {
        'grpc.keepalive_time_ms': time,
      }),
    );
    const ended = new Promise((resolve) => {
      stub.getPhone(Person.fromPartial({ id: 1 }), resolve);
    });
    await finishLate();
    expect(await ended).toMatchObject({ details: 'Connection dropped' });
  });
});

describe('a connection', () => {
  it('keeps its calls in no Set, and binds no function for them', async () => {
    const { address } = await serve({
      people: {
        getPhone: (_, callback) => {
          callback(null, EMPTY_PHONE);
        },
      },
    });
    const directory = closeLater(connect(address));
    await directory.people.getPhone({});
    const add = jest.spyOn(LinkedSet.prototype, 'add');
    const bind = jest.spyOn(AsyncResource.prototype, 'bind');
    await directory.people.getPhone({});
    const [added, bound] = [add.mock.calls.length, bind.mock.calls.length];
    add.mockRestore();
    bind.mockRestore();
    // One for close(), and one for the calls of the connection.
    expect(added).toBe(2);
    expect(bound).toBe(0);
  });
});

describe('a private field of grpc-js that has been renamed', () => {
  const connector = { connect: async () => ({ addDisconnectListener: jest.fn() }) };

  it.each([
    ['subchannelPool', {}],
    ['connector', poolWith({})],
    ['keepaliveTimeMs', poolWith({ connector })],
  ])('leaves the client working, with a process warning that names %s', async (field, channel) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();
    correctConnections(channel as unknown as Channel);
    const { internalChannel } = channel as Partial<ReturnType<typeof poolWith>>;
    const subchannel = internalChannel?.subchannelPool.getOrCreateSubchannel();
    await (subchannel as { connector?: typeof connector } | undefined)?.connector?.connect();
    const warnings = emitWarning.mock.calls;
    emitWarning.mockRestore();
    expect(warnings).toEqual([
      [expect.stringContaining(`has no ${field}`), { code: 'PERSONGUIDE_GRPC_JS' }],
    ]);
  });

  it('leaves calls that are only slower without a warning', async () => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockReturnValue();
    const transport = { keepaliveTimeMs: 1, addDisconnectListener: jest.fn(), calls: new Set() };
    const channel = poolWith({ connector: { connect: async () => transport } });
    correctConnections(channel as unknown as Channel);
    const subchannel = channel.internalChannel.subchannelPool.getOrCreateSubchannel();
    await (subchannel as { connector: typeof connector }).connector.connect();
    const warnings = emitWarning.mock.calls;
    emitWarning.mockRestore();
    expect(warnings).toEqual([]);
    expect(Object.keys(transport)).toEqual(['keepaliveTimeMs', 'addDisconnectListener', 'calls']);
  });

  function poolWith(subchannel: object): {
    internalChannel: { subchannelPool: { getOrCreateSubchannel(): object } };
  } {
    return { internalChannel: { subchannelPool: { getOrCreateSubchannel: () => subchannel } } };
  }
});
