import { openChannel } from 'personguide';
import { RouteGuideDefinition, type Point } from 'personguide/gen/routeguide/route_guide';
import { startChild } from '../child-service.js';
import { defaultFeatures } from './default-features.js';

/** The rectangle that contains all default features. */
const AROUND_NEW_JERSEY = {
  lo: { latitude: 400_000_000, longitude: -755_000_000 },
  hi: { latitude: 420_000_000, longitude: -735_000_000 },
};

/** Starts a server, makes calls of all four kinds, and prints the responses. */
export async function routeGuideConversation(print: (line: string) => void): Promise<void> {
  await using server = await startChild('route-guide', { args: ['--listen', '127.0.0.1:0'] });
  await using channel = openChannel(server.address);
  const guide = channel.client(RouteGuideDefinition);
  const stops = defaultFeatures.flatMap(({ location }) => location ?? []);

  for (const point of [...stops.slice(0, 1), { latitude: 0, longitude: 0 }]) {
    const { name } = await guide.getFeature(point);
    print(`GetFeature ${degrees(point)}: ${name === '' ? 'no feature there' : name}`);
  }

  for await (const { name, location } of guide.listFeatures(AROUND_NEW_JERSEY)) {
    print(`ListFeatures: ${name} at ${degrees(location)}`);
  }

  const route = await guide.recordRoute(stops);
  print(
    `RecordRoute: ${route.pointCount} points, ${route.featureCount} features, ` +
      `${route.distance} m in ${route.elapsedTime} s`,
  );

  const [here, there] = stops;
  const notes = [
    { location: here, message: 'first here' },
    { location: there, message: 'first there' },
    { location: here, message: 'second here' },
    { location: here, message: 'third here' },
  ];
  for await (const { message, location } of guide.routeChat(notes)) {
    print(`RouteChat: earlier note "${message}" at ${degrees(location)}`);
  }
}

function degrees(point: Point | undefined): string {
  if (point === undefined) return 'an unknown location';
  return `${(point.latitude / 1e7).toFixed(4)}, ${(point.longitude / 1e7).toFixed(4)}`;
}
