import type { RunningServer } from 'personguide/server';
import { callUnary, publicClient } from '../../test-support/public-client.js';
import { startWithLog } from '../serve.js';
import { createFeatures } from './features.js';
import { routeGuide } from './route-guide.js';

const PUBLIC_PROTO = `
  syntax = "proto3";
  package routeguide;
  service RouteGuide {
    rpc GetFeature(Point) returns (Feature) {}
    rpc ListFeatures(Rectangle) returns (stream Feature) {}
    rpc RecordRoute(stream Point) returns (RouteSummary) {}
    rpc RouteChat(stream RouteNote) returns (stream RouteNote) {}
  }
  message Point { int32 latitude = 1; int32 longitude = 2; }
  message Rectangle { Point lo = 1; Point hi = 2; }
  message Feature { string name = 1; Point location = 2; }
  message RouteNote { Point location = 1; string message = 2; }
  message RouteSummary {
    int32 point_count = 1;
    int32 feature_count = 2;
    int32 distance = 3;
    int32 elapsed_time = 4;
  }`;

interface Stream extends AsyncIterable<unknown> {
  write(message: unknown): void;
  end(): void;
}
type Summarize = (callback: (error: Error | null, summary: unknown) => void) => Stream;

const here = { latitude: 409_146_138, longitude: -746_188_906 };
const there = { latitude: 419_146_138, longitude: -746_188_906 };

describe('the route guide, called by a client of the public contract', () => {
  const features = createFeatures([
    { name: 'here', location: here },
    { name: 'there', location: there },
  ]);
  let server: RunningServer;
  let client: ReturnType<typeof publicClient>;
  beforeAll(async () => {
    server = await startWithLog({
      listen: ['127.0.0.1:0'],
      services: [routeGuide(features)],
      logLevel: 'silent',
    });
    client = publicClient(PUBLIC_PROTO, 'routeguide.RouteGuide', server.addresses[0] ?? '');
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  const call = (method: string, ...args: unknown[]): unknown =>
    (client[method] as (...args: unknown[]) => unknown).apply(client, args);

  it('returns the feature at a point, and one without a name elsewhere', async () => {
    expect(await callUnary(client, 'GetFeature', here)).toEqual({ name: 'here', location: here });
    const elsewhere = { latitude: 0, longitude: 0 };
    expect(await callUnary(client, 'GetFeature', elsewhere)).toMatchObject({ location: {} });
  });

  it('lists the features of a rectangle', async () => {
    const lo = { latitude: 400_000_000, longitude: -750_000_000 };
    const hi = { latitude: 420_000_000, longitude: -730_000_000 };
    const names: unknown[] = [];
    for await (const feature of call('ListFeatures', { lo, hi }) as Stream) names.push(feature);
    expect(names).toEqual([
      { name: 'here', location: here },
      { name: 'there', location: there },
    ]);
  });

  it('summarizes a route', async () => {
    const summary = await new Promise((resolve, reject) => {
      const recordRoute = (client['RecordRoute'] as Summarize).bind(client);
      const route = recordRoute((error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
      for (const point of [here, { latitude: 1, longitude: 1 }, there]) route.write(point);
      route.end();
    });
    expect(summary).toMatchObject({ point_count: 3, feature_count: 2 });
  });

  it('returns the notes that earlier callers left at the same location', async () => {
    const chat = async (messages: readonly string[]) => {
      const stream = call('RouteChat') as Stream;
      for (const message of messages) stream.write({ location: here, message });
      stream.end();
      const earlier: unknown[] = [];
      for await (const note of stream) earlier.push((note as { message: string }).message);
      return earlier;
    };
    expect(await chat(['a', 'b'])).toEqual(['a']);
    expect(await chat(['c'])).toEqual(['a', 'b']);
  });
});
