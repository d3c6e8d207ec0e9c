import { GreeterService, type GreeterServer } from 'personguide/gen/greeter/greeter';
import {
  GreeterService as HelloworldService,
  type GreeterServer as HelloworldServer,
  type HelloReply,
} from 'personguide/gen/helloworld/helloworld';
import { invalid, type Rpc, type Service } from 'personguide/server';

const MAX_NAME_LENGTH = 200;
/** As many as the servers of gRPC's own examples send. */
const STREAMED_GREETINGS = 10;

/** The greeter under both of its names; proto/greeter/greeter.proto says what each call means. */
export function greeterServices(rpc: Rpc): Service[] {
  return [
    { definition: GreeterService, implementation: greeter(rpc) },
    { definition: HelloworldService, implementation: helloworld(rpc) },
  ];
}

function greeter(rpc: Rpc): GreeterServer {
  return {
    sayHello: rpc.unary(({ name }) => ({ message: `Hello, ${checked(name)}!` })),
    sayHelloAgain: rpc.unary(({ name }) => ({ message: `Hello again, ${checked(name)}!` })),
  } satisfies GreeterServer;
}

function helloworld(rpc: Rpc): HelloworldServer {
  return {
    ...greeter(rpc),
    sayHelloStreamReply: rpc.serverStream(({ name }) => numberedGreetings(checked(name))),
  };
}

async function* numberedGreetings(name: string): AsyncGenerator<HelloReply> {
  for (let number = 0; number < STREAMED_GREETINGS; number += 1) {
    yield { message: `Hello number ${number}, ${name}!` };
  }
}

function checked(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  throw invalid([
    { field: 'name', description: `must have at most ${MAX_NAME_LENGTH} characters` },
  ]);
}
