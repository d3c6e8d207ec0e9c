import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { mustPass, type Step } from './step.js';

/** The lines that each example must print in this order; other lines may come between them. */
const conversations: Readonly<Record<string, readonly RegExp[]>> = {
  greeter: [
    /^Hello, world!$/,
    /^Hello again, world!$/,
    /^SayGoodbye UNIMPLEMENTED: /,
    /"method":"\/greeter\.Greeter\/SayHello","status":"OK"/,
    /^SayHello UNAVAILABLE: .*nothing listens there/,
  ],
  'route-guide': [
    /^GetFeature 40\.9146, -74\.6189: Berkshire Valley/,
    /^GetFeature 0\.0000, 0\.0000: no feature there$/,
    /^ListFeatures: /,
    /^RecordRoute: 10 points, 10 features, 401236 m in \d+ s$/,
    /^RouteChat: earlier note "first here" at /,
    /^RouteChat: earlier note "second here" at /,
  ],
  orders: [
    /^product 7: 5 in stock$/,
    /^CreateOrder success: order 1, ORDER_STATE_CONFIRMED$/,
    /^CreateOrder success: order 2, ORDER_STATE_CONFIRMED$/,
    /^with the same idempotency key: CreateOrder success: order 2, ORDER_STATE_CONFIRMED$/,
    /^CreateOrder FAILED_PRECONDITION: .*\[OUT_OF_STOCK\]$/,
    /^CreateOrder FAILED_PRECONDITION: .*\[CUSTOMER_UNKNOWN\]$/,
    /^CreateOrder FAILED_PRECONDITION: .*\[CUSTOMER_UNVERIFIED\]$/,
    /^product 7: 2 in stock, 0 reserved$/,
    /^ *directory: \/grpcUser\.UserService\/FindUser OK /,
    /^ *inventory: \/inventory\.InventoryService\/Reserve OK /,
    /^ *orders: \/orders\.OrderService\/CreateOrder OK /,
  ],
};

/** Runs each companion as a user would, and checks what it prints. */
export const exampleSteps: readonly Step[] = [
  ...Object.entries(conversations).map(([name, lines]) => ({
    name: `example ${name}`,
    run: () => holdConversation(name, lines),
  })),
  { name: 'example serve ends when npm gets SIGTERM', run: stopThroughNpm },
];

async function holdConversation(name: string, expected: readonly RegExp[]): Promise<undefined> {
  const output = await mustPass(`node dist/src/examples/main.js ${name}`);
  const lines = output.split('\n');
  let from = 0;
  for (const pattern of expected) {
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (at < 0) throw new Error(`no line matches ${pattern.source} in\n${output}`);
    from = at + 1;
  }
  return undefined;
}

/** A shell between npm and the server would not pass the signal on, so the server would keep running. */
async function stopThroughNpm(): Promise<undefined> {
  const args = ['--listen', '127.0.0.1:0', '--until-input-ends'];
  const npm = spawn('npm', ['run', '--silent', 'example', '--', 'greeter', 'serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(npm, 'exit');
  createInterface(npm.stdout).on('line', (line) => {
    if (line.includes('"msg":"listening"')) npm.kill('SIGTERM');
  });
  const [code] = (await ended) as [number | null];
  npm.stdin.end();
  if (code !== 0) throw new Error(`npm ended with exit code ${String(code)}`);
  return undefined;
}
