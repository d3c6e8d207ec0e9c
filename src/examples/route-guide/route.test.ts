import { createFeatures } from './features.js';
import { createRoute } from './route.js';

const place = (longitude: number) => ({ latitude: 0, longitude });
const features = createFeatures([
  { name: 'start', location: place(0) },
  { name: '', location: place(1) },
]);

describe('a route', () => {
  it('counts its points, its named features and its whole seconds', () => {
    let nowMs = 5_000;
    const route = createRoute(features, () => nowMs);
    for (const longitude of [0, 1, 2, 0]) route.add(place(longitude));
    nowMs += 2_900;
    expect(route.summary()).toMatchObject({ pointCount: 4, featureCount: 2, elapsedTime: 2 });
  });

  it('adds up the distances between consecutive points, in metres', () => {
    const route = createRoute(features);
    for (const longitude of [0, 10_000_000, 0]) route.add(place(longitude));
    expect(route.summary().distance).toBe(222_389);
  });

  it('has a summary of zeros without points', () => {
    const nothing = { pointCount: 0, featureCount: 0, distance: 0, elapsedTime: 0 };
    expect(createRoute(features).summary()).toEqual(nothing);
  });

  it('fails before its distance overflows the response', () => {
    const route = createRoute(features);
    expect(() => {
      for (let n = 0; n < 1_000; n += 1) route.add(place(n % 2 === 0 ? 0 : 1_800_000_000));
    }).toThrow('a route must not be longer than 2147483647 metres');
    expect(route.summary().pointCount).toBe(108);
  });
});
