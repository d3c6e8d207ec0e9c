import type { Feature } from 'personguide/gen/routeguide/route_guide';

/** Places between the Delaware and the Hudson: the area that the well-known clients query. */
export const defaultFeatures: readonly Feature[] = [
  feature('Berkshire Valley, trailhead', 40.9146138, -74.6188906),
  feature('High Point Monument', 41.3208, -74.6616),
  feature('Delaware Water Gap', 40.97, -75.127),
  feature('Great Falls of the Passaic', 40.9165, -74.1816),
  feature('Bear Mountain Bridge', 41.3203, -73.9828),
  feature('George Washington Bridge', 40.8517, -73.9527),
  feature('Statue of Liberty', 40.6892, -74.0445),
  feature('Sandy Hook Lighthouse', 40.4617, -74.002),
  feature('Nassau Hall', 40.3487, -74.6593),
  feature('Washington Crossing', 40.2967, -74.8709),
];

function feature(name: string, latitudeDegrees: number, longitudeDegrees: number): Feature {
  const [latitude, longitude] = [toUnits(latitudeDegrees), toUnits(longitudeDegrees)];
  return { name, location: { latitude, longitude } };
}

function toUnits(degrees: number): number {
  return Math.round(degrees * 10_000_000);
}
