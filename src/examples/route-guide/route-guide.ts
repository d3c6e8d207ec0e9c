import { RouteGuideService, type RouteGuideServer } from 'personguide/gen/routeguide/route_guide';
import type { Rpc, Service } from 'personguide/server';
import type { Features } from './features.js';
import { createNoteBoard } from './note-board.js';
import { checkedPoint } from './point.js';
import { createRoute } from './route.js';

/** The route guide on those features; proto/routeguide/route_guide.proto says what each call means. */
export function routeGuideServices(rpc: Rpc, features: Features): Service[] {
  return [{ definition: RouteGuideService, implementation: routeGuide(rpc, features) }];
}

function routeGuide(rpc: Rpc, features: Features): RouteGuideServer {
  const board = createNoteBoard();
  return {
    getFeature: rpc.unary((point) => features.at(checkedPoint(point))),

    listFeatures: rpc.serverStream(async function* (rectangle) {
      yield features.within(rectangle);
    }),

    recordRoute: rpc.clientStream(async (points) => {
      const route = createRoute(features);
      for await (const point of points) route.goTo(point);
      return route.summary();
    }),

    routeChat: rpc.bidiStream(async function* (notes) {
      for await (const note of notes) yield board.leave(note);
    }),
  } satisfies RouteGuideServer;
}
