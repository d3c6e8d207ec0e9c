import type { Point, RouteSummary } from 'personguide/gen/routeguide/route_guide';
import { DirectoryError } from 'personguide/server';
import type { Features } from './features.js';
import { checkedPoint, distanceMetres } from './point.js';

/** The distance goes into an int32. */
const MAX_DISTANCE_METRES = 2 ** 31 - 1;

/** A route as it is travelled, point by point. */
export interface Route {
  /** Goes on to the next point. Fails with `invalid`, and with `exhausted` beyond 2,147,483 km. */
  goTo(point: Point): void;
  /** Sums up what was travelled so far. */
  summary(): RouteSummary;
}

/** A route without points. `nowMs` is the clock that tells how long it takes. */
export function createRoute(features: Features, nowMs: () => number = Date.now): Route {
  let startedMs: number | undefined;
  let last: Point | undefined;
  let [pointCount, featureCount, distance] = [0, 0, 0];
  return {
    goTo(point) {
      checkedPoint(point);
      startedMs ??= nowMs();
      if (last !== undefined) distance += distanceMetres(last, point);
      if (distance > MAX_DISTANCE_METRES) throw tooLong();
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

function tooLong(): DirectoryError {
  const text = `a route has at most ${MAX_DISTANCE_METRES} metres`;
  return new DirectoryError('exhausted', text, { code: 'ROUTE_TOO_LONG' });
}
