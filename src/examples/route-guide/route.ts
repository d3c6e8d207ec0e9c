import type { Point, RouteSummary } from 'personguide/gen/routeguide/route_guide';
import { DirectoryError } from 'personguide/server';
import type { Features } from './features.js';
import { checkedPoint, distanceMetres } from './point.js';

/** The distance of a RouteSummary is an int32. */
const MAX_DISTANCE_METRES = 2 ** 31 - 1;

/** The summary of a route, updated point by point. */
export interface Route {
  /** Adds a point. Throws `invalid`, and `exhausted` if the route exceeds 2,147,483 km. */
  add(point: Point): void;
  /** Returns the summary of the points added so far. */
  summary(): RouteSummary;
}

/** Creates a route without points. `nowMs` is the clock for its elapsed time. */
export function createRoute(features: Features, nowMs: () => number = Date.now): Route {
  let startedMs: number | undefined;
  let last: Point | undefined;
  let [pointCount, featureCount, distance] = [0, 0, 0];
  return {
    add(point) {
      checkedPoint(point);
      startedMs ??= nowMs();
      if (last !== undefined) distance += distanceMetres(last, point);
      if (distance > MAX_DISTANCE_METRES) throw routeTooLong();
      if (features.at(point).name !== '') featureCount += 1;
      pointCount += 1;
      last = point;
    },
    summary: () => ({
      pointCount,
      featureCount,
      distance: Math.floor(distance),
      elapsedTime: Math.floor((startedMs === undefined ? 0 : nowMs() - startedMs) / 1000),
    }),
  };
}

function routeTooLong(): DirectoryError {
  const text = `a route must not be longer than ${MAX_DISTANCE_METRES} metres`;
  return new DirectoryError('exhausted', text, { code: 'ROUTE_TOO_LONG' });
}
