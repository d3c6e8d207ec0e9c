import { RouteGuideDefinition } from 'personguide/gen/routeguide/route_guide';
import { service, type Service } from 'personguide/server';
import type { Features } from './features.js';
import { createNoteBoard } from './note-board.js';
import { checkedPoint } from './point.js';
import { createRoute } from './route.js';

/** Implements the route guide; proto/routeguide/route_guide.proto documents each call. */
export function routeGuide(features: Features): Service {
  const board = createNoteBoard();
  return service(RouteGuideDefinition, {
    getFeature: (point) => features.at(checkedPoint(point)),

    listFeatures: async function* (rectangle) {
      yield features.within(rectangle);
    },

    recordRoute: async (points) => {
      const route = createRoute(features);
      for await (const point of points) route.add(point);
      return route.summary();
    },

    routeChat: async function* (notes) {
      for await (const note of notes) yield board.leave(note);
    },
  });
}
