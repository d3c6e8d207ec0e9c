import { RecordState } from './record-state.js';

/** A state after `recorded` people in a batch, during a batch of ten. */
function stateOf({ skip = 0, recorded = 0, complete = true, connected = true }): RecordState {
  const state = new RecordState(skip, () => connected);
  const batch = { start: 0, people: neverRead(), count: recorded, complete: true, last: false };
  if (recorded > 0) {
    state.begin(batch);
    state.finish();
  }
  state.begin({ ...batch, start: recorded, count: 10, complete });
  return state;
}

async function* neverRead(): AsyncGenerator<never> {
  throw new Error('read');
}

it('reports after an interrupt that nothing was recorded, or how to continue', () => {
  expect(stateOf({ complete: false }).describe()).toBe('nothing was recorded');
  expect(stateOf({ connected: false }).describe()).toBe('nothing was recorded');
  expect(stateOf({ skip: 5000, recorded: 10_000, complete: false }).describe()).toBe(
    'people 5,001 to 15,000 were recorded; those after them were not; continue with --skip 15000',
  );
});

it('reports that the outcome of a batch is unknown once all of it was sent', () => {
  expect(stateOf({}).describe()).toBe(
    'it is not known whether people 1 to 10 were recorded: check before you continue',
  );
  expect(stateOf({ recorded: 20 }).describe()).toBe(
    'people 1 to 20 were recorded; it is not known whether people 21 to 30 were recorded: ' +
      'check before you continue; continue with --skip 20',
  );
});

it.each(['INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED', 'PERMISSION_DENIED', undefined])(
  'knows that nothing of a batch was recorded after %s',
  (codeName) => {
    expect(stateOf({}).consequenceOf(codeName)).toBeUndefined();
    expect(stateOf({ recorded: 20 }).consequenceOf(codeName)).toMatch(
      /^people 1 to 20 were recorded; those after them were not; continue with --skip 20$/,
    );
  },
);

it.each(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL'])(
  'does not know whether a batch was recorded after %s, if the server has received it',
  (codeName) => {
    expect(stateOf({}).consequenceOf(codeName)).toMatch(/^it is not known whether people 1 to 10/);
    expect(stateOf({ connected: false }).consequenceOf(codeName)).toBeUndefined();
    expect(stateOf({ complete: false }).consequenceOf(codeName)).toBeUndefined();
  },
);
