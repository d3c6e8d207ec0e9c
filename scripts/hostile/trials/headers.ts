import {
  badMetadata,
  connectReferences,
  connectRequests,
  halfOpenStreams,
  headerReferences,
} from '../../../src/test-support/attacks/header-floods.js';
import { continuations, resets } from '../../../src/test-support/attacks/frame-floods.js';
import type { TrialGroup } from '../trial.js';

const WATCH = '/personguide.PersonGuide/WatchPersons';

export const headers: TrialGroup = {
  title: 'Headers and streams',
  trials: [
    {
      name: '20,000 CONNECT requests',
      plain: true,
      short: true,
      run: ({ address }) => connectRequests(address),
    },
    {
      name: '20,000 CONNECT requests with a path',
      run: ({ address }) => connectRequests(address, { path: WATCH }),
    },
    {
      name: 'CONNECT requests that refer to a large header, 1.4 MB',
      plain: true,
      short: true,
      run: ({ address }) => connectReferences(address),
    },
    {
      name: 'requests that refer to a large header, each below 64 KB, 136 KB',
      plain: true,
      run: ({ address }) => headerReferences(address),
    },
    {
      name: 'requests that refer to a large header, each above 64 KB',
      run: ({ address }) => headerReferences(address, { references: 60 }),
    },
    {
      name: 'requests that refer to a large binary header',
      run: ({ address }) => headerReferences(address, { name: 'x-large-bin' }),
    },
    {
      name: 'requests that refer to a large cookie',
      run: ({ address }) => headerReferences(address, { name: 'cookie' }),
    },
    {
      name: '20,000 requests whose metadata is invalid',
      plain: true,
      run: ({ address }) => badMetadata(address),
    },
    {
      name: '10,000 requests with 60 invalid headers each',
      run: ({ address }) => badMetadata(address, { requests: 10_000, headers: 50 }),
    },
    {
      name: '2,000 requests whose path has 60 KB',
      run: ({ address }) =>
        halfOpenStreams(address, { requests: 2000, path: `/${'a@example.org'.repeat(4600)}` }),
    },
    {
      name: '10,000 half-open streams on one connection',
      plain: true,
      short: true,
      run: ({ address }) => halfOpenStreams(address),
    },
    {
      name: '50,000 half-open streams on 50 connections',
      plain: true,
      run: ({ address }) =>
        Promise.all(Array.from({ length: 50 }, () => halfOpenStreams(address, { requests: 1000 }))),
    },
    {
      name: '20,000 calls that are reset right after their headers',
      plain: true,
      short: true,
      run: ({ address }) => resets(address),
    },
    {
      name: '100,000 CONTINUATION frames of a byte',
      plain: true,
      run: ({ address }) => continuations(address),
    },
    {
      name: '2,000 CONTINUATION frames of 16 KB',
      run: ({ address }) => continuations(address, { frames: 2000, bytes: 16_000 }),
    },
  ],
};
