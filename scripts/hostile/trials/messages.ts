import {
  compressedBombs,
  emptyPhones,
  unfinishedMessages,
} from '../../../src/test-support/attacks/message-floods.js';
import type { TrialGroup } from '../trial.js';

const GET_PHONE = '/personguide.PersonGuide/GetPhone';
const ADD_USER = '/grpcUser.UserService/AddUser';
const MEBIBYTE = 1024 * 1024;

export const messages: TrialGroup = {
  title: 'Messages',
  trials: [
    {
      name: '300 gzip messages of 4 KB that inflate to 4 MB, into RecordPersons',
      plain: true,
      short: true,
      run: ({ address }) => compressedBombs(address),
    },
    {
      name: '300 gzip messages that inflate to 4 MB, into GetPhone',
      run: ({ address }) => compressedBombs(address, { path: GET_PHONE }),
    },
    {
      name: '20 gzip messages that inflate to 128 MB',
      run: ({ address }) => compressedBombs(address, { calls: 20, inflatedBytes: 128 * MEBIBYTE }),
    },
    {
      name: '20 calls with 200 gzip messages of 1 MB each',
      run: ({ address }) =>
        compressedBombs(address, { calls: 20, messages: 200, inflatedBytes: MEBIBYTE }),
    },
    {
      name: '300 gzip messages to a method that does not exist',
      run: ({ address }) => compressedBombs(address, { path: '/personguide.PersonGuide/No' }),
    },
    {
      name: 'a message of 2,000,000 empty phones, 4 KB gzipped',
      plain: true,
      short: true,
      run: ({ address }) => emptyPhones(address, { calls: 1 }),
    },
    {
      name: '20 messages of 2,000,000 empty phones',
      plain: true,
      run: ({ address }) => emptyPhones(address),
    },
    {
      name: '100 messages of 500,000 empty phones, not compressed',
      run: ({ address }) =>
        emptyPhones(address, { calls: 100, phones: 500_000, compressed: false }),
    },
    {
      name: '200 messages of 30,000 empty phones, into GetPhone',
      run: ({ address }) =>
        emptyPhones(address, { path: GET_PHONE, calls: 200, phones: 30_000, compressed: false }),
    },
    {
      name: '100 messages of 4 MB without their last byte',
      plain: true,
      run: ({ address }) => unfinishedMessages(address),
    },
    {
      name: '1,000 messages of 1 MB without their last byte',
      plain: true,
      run: ({ address }) => unfinishedMessages(address, { calls: 1000, bytes: MEBIBYTE - 5 }),
    },
    {
      name: '1,000 messages of 60 KB without their last byte, into AddUser',
      run: ({ address }) =>
        unfinishedMessages(address, { path: ADD_USER, calls: 1000, bytes: 60_000 }),
    },
  ],
};
