import { NO_OPTIONS, type CallOptions } from './call-options.js';
import { callBidiStream } from './bidi-stream.js';
import type { CallContext, CallPlan } from './call-plan.js';
import { captureCaller } from './caller-stack.js';
import { callClientStream } from './client-stream.js';
import type {
  MessageOf,
  MethodDefinition,
  PartialMessage,
  RequestStream,
  ResponseStream,
  ServiceDefinition,
} from './definition.js';
import { toMethod } from './method.js';
import { callServerStream } from './server-stream.js';
import { callUnary } from './unary.js';

/** The client of a service: a function for each of its RPCs. */
export type ServiceClient<Definition extends ServiceDefinition> = ClientMethods<
  Definition['methods']
>;

type ClientMethods<Methods extends ServiceDefinition['methods']> = {
  readonly [Name in keyof Methods]: ClientMethod<Methods[Name]>;
};

/** The function that calls an RPC. Its types depend on the kind of the RPC. */
export type ClientMethod<Method extends MethodDefinition> = (
  request: Method['requestStream'] extends true
    ? RequestStream<MessageOf<Method['requestType']>>
    : PartialMessage<MessageOf<Method['requestType']>>,
  options?: CallOptions,
) => Method['responseStream'] extends true
  ? ResponseStream<MessageOf<Method['responseType']>>
  : Promise<MessageOf<Method['responseType']>>;

type Caller = (request: never, options?: CallOptions) => unknown;

/** Makes the client of a service. Its functions do not need `this`. */
export function serviceClient<Definition extends ServiceDefinition>(
  definition: Definition,
  context: CallContext,
): ServiceClient<Definition> {
  const client: Record<string, Caller> = {};
  for (const [name, method] of Object.entries(definition.methods)) {
    client[name] = callerOf(definition.fullName, method, context);
  }
  return client as ServiceClient<Definition>;
}

function callerOf(service: string, definition: MethodDefinition, context: CallContext): Caller {
  const method = toMethod(service, definition);
  const start = startOf(definition) as (plan: CallPlan, request: unknown) => unknown;
  const call = (request: unknown, options: CallOptions = NO_OPTIONS): unknown => {
    return start({ context, method, options, caller: captureCaller(call) }, request);
  };
  return call;
}

function startOf({ requestStream, responseStream }: MethodDefinition): unknown {
  if (requestStream) return responseStream ? callBidiStream : callClientStream;
  return responseStream ? callServerStream : callUnary;
}
