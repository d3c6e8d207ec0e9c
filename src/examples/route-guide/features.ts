import { readFileSync } from 'node:fs';
import type { Feature, Point, Rectangle } from 'personguide/gen/routeguide/route_guide';
import { StartError } from 'personguide/server';
import { checkedPoint, pointKey } from './point.js';

/** The features that the service knows. */
export interface Features {
  /** Returns the feature at exactly this point; if there is none, a feature with an empty name. */
  at(point: Point): Feature;
  /** Returns the named features inside the rectangle or on its edges, whichever corner is `lo`. */
  within(rectangle: Rectangle): Feature[];
}

/**
 * Indexes the features. Of several at one point, the last is used. Throws `invalid` for a location
 * that is out of range.
 */
export function createFeatures(list: readonly Feature[]): Features {
  const byPoint = new Map<string, Feature>();
  for (const feature of list) byPoint.set(pointKey(checkedPoint(feature.location)), feature);
  return {
    at: (location) => byPoint.get(pointKey(location)) ?? { name: '', location },
    within(rectangle) {
      const isInside = insideTest(rectangle);
      return [...byPoint.values()].filter(
        ({ name, location }) => name !== '' && isInside(location),
      );
    },
  };
}

function insideTest(rectangle: Rectangle): (point: Point | undefined) => boolean {
  const [a, b] = [checkedPoint(rectangle.lo, 'lo'), checkedPoint(rectangle.hi, 'hi')];
  const between = (value: number, edge1: number, edge2: number): boolean =>
    Math.min(edge1, edge2) <= value && value <= Math.max(edge1, edge2);
  return (point) =>
    point !== undefined &&
    between(point.latitude, a.latitude, b.latitude) &&
    between(point.longitude, a.longitude, b.longitude);
}

/**
 * Reads a JSON file of the form `[{"location": {"latitude": 1, "longitude": 2}, "name": "x"}]`, or
 * grpc-java's form `{"feature": [...]}` with the same entries. Throws a StartError that names the
 * file and the first invalid entry.
 */
export function readFeatures(file: string): Feature[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
    if (Array.isArray(content)) return toFeatures('', content);
    const { feature } = (content ?? {}) as { feature?: unknown };
    if (Array.isArray(feature)) return toFeatures('feature', feature);
    throw new Error('it must be an array of features, or an object {"feature": [...]}');
  } catch (error) {
    // The parser quotes the invalid text, including its line breaks.
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new StartError(`cannot read features from ${file}: ${reason}`);
  }
}

function toFeatures(path: string, entries: readonly unknown[]): Feature[] {
  return entries.map((entry, index) => toFeature(`${path}[${index}]`, entry));
}

function toFeature(path: string, entry: unknown): Feature {
  const { name = '', location } = (entry ?? {}) as { name?: unknown; location?: unknown };
  const { latitude, longitude } = (location ?? {}) as Record<string, unknown>;
  if (typeof name === 'string' && Number.isInteger(latitude) && Number.isInteger(longitude)) {
    const point = { latitude: Number(latitude), longitude: Number(longitude) };
    return { name, location: checkedPoint(point, `${path}.location`) };
  }
  throw new Error(`${path} must have a name and a location of whole latitude and longitude`);
}
