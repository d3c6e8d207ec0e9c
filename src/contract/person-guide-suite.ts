import { changePersonCases } from './change-person-cases.js';
import type { Connected } from './connected.js';
import { getPersonCases } from './get-person-cases.js';
import { getPhoneCases } from './get-phone-cases.js';
import { importPersonsCases } from './import-persons-cases.js';
import { listPersonsCases } from './list-persons-cases.js';
import { nothingRecordedCases } from './nothing-recorded-cases.js';
import { personFieldsCases } from './person-fields-cases.js';
import { queryPersonsCases } from './query-persons-cases.js';
import { recordPersonsCases, repeatedRecordingCases } from './record-persons-cases.js';
import { routePhonesCases } from './route-phones-cases.js';
import { searchPersonsCases } from './search-persons-cases.js';
import { watchPersonsCases } from './watch-persons-cases.js';
import { wireCases } from './wire-cases.js';

/**
 * Everything that the PersonGuide service promises, against any server: `open` starts one or knows
 * one. The directory may hold other people, and others may use it meanwhile.
 */
export function personGuideSuite(name: string, open: () => Promise<Connected>): void {
  describe(`PersonGuide contract: ${name}`, () => {
    const connected = connectedForSuite(open);

    describe('GetPhone', () => {
      getPhoneCases(connected);
    });
    describe('ListPersons', () => {
      listPersonsCases(connected);
    });
    describe('RecordPersons', () => {
      recordPersonsCases(connected);
    });
    describe('RecordPersons, when it comes to nothing', () => {
      nothingRecordedCases(connected);
    });
    describe('RecordPersons with an idempotency key', () => {
      repeatedRecordingCases(connected);
    });
    describe('the fields of a person', () => {
      personFieldsCases(connected);
    });
    describe('RoutePhones', () => {
      routePhonesCases(connected);
    });
    describe('GetPerson and BatchGetPersons', () => {
      getPersonCases(connected);
    });
    describe('changes of one person', () => {
      changePersonCases(connected);
    });
    describe('QueryPersons', () => {
      queryPersonsCases(connected);
    });
    describe('SearchPersons', () => {
      searchPersonsCases(connected);
    });
    describe('WatchPersons', () => {
      watchPersonsCases(connected);
    });
    describe('ImportPersons', () => {
      importPersonsCases(connected);
    });
    describe('on the wire', () => {
      wireCases(connected);
    });
  });
}

/** Opens before the cases of the describe block around it, and closes after them. */
export function connectedForSuite(open: () => Promise<Connected>): () => Connected {
  let connected: Connected | undefined;
  beforeAll(async () => {
    connected = await open();
  });
  afterAll(async () => {
    await connected?.close();
  });
  return () => {
    if (connected === undefined) throw new Error('not connected');
    return connected;
  };
}
