import type { Case } from './case.js';
import { STREAM_CASES } from './people-cases.js';
import { GET_PHONE_CASES, USER_CASES } from './unary-cases.js';

/** All cases, in the order in which they run. */
export const CASES: readonly Case[] = [...GET_PHONE_CASES, ...STREAM_CASES, ...USER_CASES];
