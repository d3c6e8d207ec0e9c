import { GreeterDefinition } from 'personguide/gen/greeter/greeter';
import {
  GreeterDefinition as HelloworldDefinition,
  type HelloReply,
} from 'personguide/gen/helloworld/helloworld';
import { service, type Handlers, type Service } from 'personguide/server';
import { throwIfAny, tooLong } from '../checks.js';

const MAX_NAME_LENGTH = 200;
/** The servers of gRPC's own examples send ten. */
const STREAMED_GREETINGS = 10;

const greeter: Handlers<typeof GreeterDefinition> = {
  sayHello: ({ name }) => ({ message: `Hello, ${checked(name)}!` }),
  sayHelloAgain: ({ name }) => ({ message: `Hello again, ${checked(name)}!` }),
};

const helloworld: Handlers<typeof HelloworldDefinition> = {
  ...greeter,
  sayHelloStreamReply: ({ name }) => numberedGreetings(checked(name)),
};

/** Implements the greeter under both of its names; proto/greeter/greeter.proto documents each call. */
export function greeterServices(): Service[] {
  return [service(GreeterDefinition, greeter), service(HelloworldDefinition, helloworld)];
}

async function* numberedGreetings(name: string): AsyncGenerator<HelloReply> {
  for (let number = 0; number < STREAMED_GREETINGS; number += 1) {
    yield { message: `Hello number ${number}, ${name}!` };
  }
}

function checked(name: string): string {
  throwIfAny(tooLong('name', name, MAX_NAME_LENGTH));
  return name;
}
