import { GreeterDefinition } from '../../gen/greeter/greeter.js';
import { Feature, RouteGuideDefinition } from '../../gen/routeguide/route_guide.js';
import { service, type Handlers } from './service.js';

const reply = { message: 'hello' };
const greeter = { sayHello: () => reply, sayHelloAgain: () => reply };

declare const routeGuide: Handlers<typeof RouteGuideDefinition>;

/** Never called: each line must be a compile error, or tsc reports the unused directive. */
export function compileErrors(): void {
  // @ts-expect-error -- sayHelloAgain has no handler
  service(GreeterDefinition, { sayHello: () => reply });
  // @ts-expect-error -- the service has no such RPC
  service(GreeterDefinition, { ...greeter, sayHallo: () => reply });
  // @ts-expect-error -- the response has no such field
  service(GreeterDefinition, { sayHello: () => ({ text: '' }), sayHelloAgain: () => reply });
  const stream = async function* (): AsyncGenerator<typeof reply> {
    yield reply;
  };
  // @ts-expect-error -- a stream of responses is not a single response
  service(GreeterDefinition, { ...greeter, sayHello: stream });
  // @ts-expect-error -- listFeatures responds with a stream, not with a single response
  service(RouteGuideDefinition, { ...routeGuide, listFeatures: () => Feature.fromPartial({}) });
}

it('reports an RPC without a handler, and a handler without an RPC, to code without types', () => {
  const untyped = service as (definition: unknown, handlers: unknown) => unknown;
  expect(() => untyped(GreeterDefinition, { sayHello: () => reply })).toThrow(
    'service: greeter.Greeter needs a handler for sayHelloAgain',
  );
  const handlers = { sayHello: () => reply, sayHelloAgain: () => reply, sayHallo: () => reply };
  expect(() => untyped(GreeterDefinition, handlers)).toThrow(
    'service: greeter.Greeter has no RPC sayHallo',
  );
});
