import type { Point } from 'personguide/gen/routeguide/route_guide';
import { invalid } from 'personguide/server';
import { outOfRange, throwIfAny } from '../checks.js';

/** Latitudes and longitudes are in degrees times this. */
const UNITS_PER_DEGREE = 10_000_000;
const MAX_LATITUDE = 90 * UNITS_PER_DEGREE;
const MAX_LONGITUDE = 180 * UNITS_PER_DEGREE;
const EARTH_RADIUS_METRES = 6_371_000;

/** Returns a text that is unique to the point. */
export function pointKey({ latitude, longitude }: Point): string {
  return `${latitude},${longitude}`;
}

/** Returns the point. Throws `invalid` if it is missing or out of range. */
export function checkedPoint(point: Point | undefined, field = ''): Point {
  if (point === undefined) throw invalid([{ field, description: 'must be set' }]);
  const prefix = field === '' ? '' : `${field}.`;
  throwIfAny([
    ...outOfRange(`${prefix}latitude`, point.latitude, -MAX_LATITUDE, MAX_LATITUDE),
    ...outOfRange(`${prefix}longitude`, point.longitude, -MAX_LONGITUDE, MAX_LONGITUDE),
  ]);
  return point;
}

/** Returns the great-circle distance between two points, in metres. */
export function distanceMetres(from: Point, to: Point): number {
  const [latitude1, latitude2] = [radians(from.latitude), radians(to.latitude)];
  const halfNorth = (latitude2 - latitude1) / 2;
  const halfEast = radians(to.longitude - from.longitude) / 2;
  // https://en.wikipedia.org/wiki/Haversine_formula
  const haversine =
    Math.sin(halfNorth) ** 2 + Math.cos(latitude1) * Math.cos(latitude2) * Math.sin(halfEast) ** 2;
  // Between antipodes, rounding can make it slightly larger than 1.
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(Math.min(1, haversine)));
}

function radians(units: number): number {
  return ((units / UNITS_PER_DEGREE) * Math.PI) / 180;
}
