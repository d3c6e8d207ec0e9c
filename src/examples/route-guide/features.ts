import { readFileSync } from 'node:fs';
import type { Feature, Point, Rectangle } from 'personguide/gen/routeguide/route_guide';
import { StartError } from 'personguide/server';
import { checkedPoint, pointKey } from './point.js';

/** What stands where. */
export interface Features {
  /** The feature at exactly that point; one without a name where nothing is known to stand. */
  at(point: Point): Feature;
  /** The named features within the rectangle, edges included, whichever corner is `lo`. */
  within(rectangle: Rectangle): Feature[];
}

/** Of several features at one point, the last counts. */
export function createFeatures(list: readonly Feature[]): Features {
  const byPoint = new Map<string, Feature>();
  for (const feature of list) byPoint.set(pointKey(checkedPoint(feature.location)), feature);
  return {
    at: (location) => byPoint.get(pointKey(location)) ?? { name: '', location },
    within(rectangle) {
      const holds = insideOf(rectangle);
      return [...byPoint.values()].filter(({ name, location }) => name !== '' && holds(location));
    },
  };
}

function insideOf(rectangle: Rectangle): (point: Point | undefined) => boolean {
  const [a, b] = [checkedPoint(rectangle.lo, 'lo'), checkedPoint(rectangle.hi, 'hi')];
  const between = (value: number, edge1: number, edge2: number): boolean =>
    Math.min(edge1, edge2) <= value && value <= Math.max(edge1, edge2);
  return (point) =>
    point !== undefined &&
    between(point.latitude, a.latitude, b.latitude) &&
    between(point.longitude, a.longitude, b.longitude);
}

/**
 * Reads a JSON file of the form `[{"location": {"latitude": 1, "longitude": 2}, "name": "x"}]`.
 * Fails with a StartError that names the file and the first entry that is wrong.
 */
export function readFeatures(file: string): Feature[] {
  try {
    const list: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
    if (!Array.isArray(list)) throw new Error('it must be an array of features');
    return list.map(toFeature);
  } catch (error) {
    // The parser quotes what it cannot read, line ends too.
    const why = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new StartError(`cannot read features from ${file}: ${why}`);
  }
}

function toFeature(entry: unknown, index: number): Feature {
  const { name = '', location } = (entry ?? {}) as { name?: unknown; location?: unknown };
  const { latitude, longitude } = (location ?? {}) as Record<string, unknown>;
  if (typeof name === 'string' && Number.isInteger(latitude) && Number.isInteger(longitude)) {
    const point = { latitude: Number(latitude), longitude: Number(longitude) };
    return { name, location: checkedPoint(point, `[${index}].location`) };
  }
  throw new Error(`[${index}] must have a name and a location of whole latitude and longitude`);
}
