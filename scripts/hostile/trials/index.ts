import type { TrialGroup } from '../trial.js';
import { conduct } from './conduct.js';
import { connections } from './connections.js';
import { credentials } from './credentials.js';
import { data } from './data.js';
import { frameFloods, frames } from './frames.js';
import { headers } from './headers.js';
import { heavy } from './heavy.js';
import { messages } from './messages.js';
import { overloads } from './overload.js';
import { readers } from './readers.js';
import { requests } from './requests.js';
import { webFloods, webRequests } from './web.js';

/** All trials, in the order in which they run. */
export const groups: readonly TrialGroup[] = [
  headers,
  frames,
  frameFloods,
  requests,
  credentials,
  webRequests,
  messages,
  readers,
  connections,
  webFloods,
  overloads,
  heavy,
  conduct,
  data,
];
