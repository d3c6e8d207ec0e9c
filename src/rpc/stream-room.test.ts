import { StreamRoom } from './stream-room.js';

const KIBIBYTE = 1024;

it('gives a few streams much room, and thousands of them little', () => {
  const room = new StreamRoom();
  const after = (streams: number): number => {
    for (let stream = 0; stream < streams; stream += 1) room.join();
    const { bytes } = room;
    for (let stream = 0; stream < streams; stream += 1) room.leave();
    return bytes;
  };
  expect(after(0)).toBe(192 * KIBIBYTE);
  expect(after(40)).toBe(192 * KIBIBYTE);
  expect(after(128)).toBe(64 * KIBIBYTE);
  expect(after(2000)).toBe(8 * KIBIBYTE);
  expect(room.bytes).toBe(192 * KIBIBYTE);
});
