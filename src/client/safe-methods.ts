/**
 * Whether a call may be made again when its fate is unknown: `never`; `freely`, since it changes
 * nothing; or `with-key`, since the server remembers the idempotency key that comes with it.
 */
export type Repeat = 'never' | 'freely' | 'with-key';

/** What the contract says about its own methods. A method that is not here is never repeated. */
const SAFE_METHODS: ReadonlyMap<string, Repeat> = new Map([
  ['/personguide.PersonGuide/GetPhone', 'freely'],
  ['/personguide.PersonGuide/ListPersons', 'freely'],
  ['/personguide.PersonGuide/RecordPersons', 'with-key'],
  ['/grpcUser.UserService/AddUser', 'with-key'],
  ['/grpcUser.UserService/GetUser', 'freely'],
  ['/grpcUser.UserService/FindUser', 'freely'],
  ['/grpc.health.v1.Health/Check', 'freely'],
  ['/greeter.Greeter/SayHello', 'freely'],
  ['/greeter.Greeter/SayHelloAgain', 'freely'],
  ['/helloworld.Greeter/SayHello', 'freely'],
  ['/helloworld.Greeter/SayHelloAgain', 'freely'],
  ['/routeguide.RouteGuide/GetFeature', 'freely'],
  ['/routeguide.RouteGuide/ListFeatures', 'freely'],
]);

/**
 * Whether a method may be repeated: as the contract says, or as the proto of another service says
 * with `option idempotency_level` (NO_SIDE_EFFECTS: freely; IDEMPOTENT: with a key).
 */
export function repeatOf(path: string, protoOptions: object): Repeat {
  const known = SAFE_METHODS.get(path);
  if (known !== undefined) return known;
  const level = 'idempotencyLevel' in protoOptions ? protoOptions.idempotencyLevel : undefined;
  if (level === 'NO_SIDE_EFFECTS') return 'freely';
  return level === 'IDEMPOTENT' ? 'with-key' : 'never';
}
