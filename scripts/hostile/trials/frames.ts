import {
  brokenFrames,
  emptyData,
  frameFlood,
  frameKinds,
} from '../../../src/test-support/attacks/frame-floods.js';
import { rawConnection } from '../../../src/test-support/attacks/raw-connection.js';
import type { Trial, TrialGroup } from '../trial.js';

/** Each on a connection of its own; the server may answer or close it. */
export const frames: TrialGroup = {
  title: 'Broken HTTP/2',
  shared: true,
  trials: brokenFrames.map(([name, bytes]): Trial => ({
    name,
    short: true,
    run: async ({ address }) => {
      const connection = await rawConnection(address);
      await connection.write(bytes());
      await connection.roundTrip();
      return connection;
    },
  })),
};

export const frameFloods: TrialGroup = {
  title: 'Floods of frames',
  trials: [
    ...frameKinds.map(([name, frame]): Trial => ({
      name: `100,000 ${name}`,
      run: ({ address }) => frameFlood(address, 100_000, () => frame),
    })),
    { name: '50,000 empty DATA frames', run: ({ address }) => emptyData(address) },
  ],
};
