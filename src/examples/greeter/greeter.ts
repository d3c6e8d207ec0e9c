import { GreeterService, type GreeterServer } from 'personguide/gen/greeter/greeter';
import { GreeterService as HelloworldService } from 'personguide/gen/helloworld/helloworld';
import { invalid, type Rpc, type Service } from 'personguide/server';

const MAX_NAME_LENGTH = 200;

/** The greeter under both of its names; proto/greeter/greeter.proto says what each call means. */
export function greeterServices(rpc: Rpc): Service[] {
  const implementation = greeter(rpc);
  return [
    { definition: GreeterService, implementation },
    { definition: HelloworldService, implementation },
  ];
}

function greeter(rpc: Rpc): GreeterServer {
  return {
    sayHello: rpc.unary(({ name }) => ({ message: `Hello, ${checked(name)}!` })),
    sayHelloAgain: rpc.unary(({ name }) => ({ message: `Hello again, ${checked(name)}!` })),
  } satisfies GreeterServer;
}

function checked(name: string): string {
  if (name.length <= MAX_NAME_LENGTH) return name;
  throw invalid([
    { field: 'name', description: `must have at most ${MAX_NAME_LENGTH} characters` },
  ]);
}
