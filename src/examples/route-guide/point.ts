import type { Point } from 'personguide/gen/routeguide/route_guide';
import { invalid, type Violation } from 'personguide/server';

/** Points are in degrees times this. */
const UNITS_PER_DEGREE = 10_000_000;
const MAX_LATITUDE = 90 * UNITS_PER_DEGREE;
const MAX_LONGITUDE = 180 * UNITS_PER_DEGREE;
const EARTH_RADIUS_METRES = 6_371_000;

/** The same text for the same point, and for no other. */
export function pointKey({ latitude, longitude }: Point): string {
  return `${latitude},${longitude}`;
}

/** Gives the point back; fails with `invalid` if it is missing or not on Earth. */
export function checkedPoint(point: Point | undefined, field = ''): Point {
  if (point === undefined) throw invalid([{ field, description: 'must be given' }]);
  const prefix = field === '' ? '' : `${field}.`;
  const violations = [
    ...outside(`${prefix}latitude`, point.latitude, MAX_LATITUDE),
    ...outside(`${prefix}longitude`, point.longitude, MAX_LONGITUDE),
  ];
  if (violations.length > 0) throw invalid(violations);
  return point;
}

function outside(field: string, value: number, max: number): Violation[] {
  if (Math.abs(value) <= max) return [];
  return [{ field, description: `must be from ${-max} to ${max}` }];
}

/** The way from one point to another in metres, along a great circle of a round Earth. */
export function distanceMetres(from: Point, to: Point): number {
  const [latitude1, latitude2] = [radians(from.latitude), radians(to.latitude)];
  const halfNorth = (latitude2 - latitude1) / 2;
  const halfEast = radians(to.longitude - from.longitude) / 2;
  // https://en.wikipedia.org/wiki/Haversine_formula
  const haversine =
    Math.sin(halfNorth) ** 2 + Math.cos(latitude1) * Math.cos(latitude2) * Math.sin(halfEast) ** 2;
  // Rounding may lift it a hair above 1 between antipodes.
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.sqrt(Math.min(1, haversine)));
}

function radians(units: number): number {
  return ((units / UNITS_PER_DEGREE) * Math.PI) / 180;
}
