// Why a call of Node's HTTP/2 can cost twice what it has to: three ways in which V8 moves short-lived
// objects to its old generation. `node promoted-calls.mjs` prints what each costs; README.md, "Promoted
// calls", explains them. It needs nothing but Node.
import { AsyncResource } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROUNDS = 3;
const IN_FLIGHT = 100;
const OBJECTS = 500_000;
const CALLS = 20_000;

/** In place of a call: about 1 KiB in some 20 objects, which is dropped when 100 more have come. */
function makeCall(id) {
  const headers = Array.from({ length: 8 }, (_, index) => ({ name: index, value: { id } }));
  return { id, headers, chunks: new Array(32).fill(id), next: null, previous: null, send: null };
}

/** Keeps the newest calls, and reports the one that has to go. */
class Ring {
  #calls = new Array(IN_FLIGHT).fill(null);

  replace(id, call) {
    const oldest = this.#calls[id % IN_FLIGHT];
    this.#calls[id % IN_FLIGHT] = call;
    return oldest;
  }
}

// A. A Map or a Set that lives long, while its entries come and go.

function churn(calls) {
  const ring = new Ring();
  for (let id = 0; id < OBJECTS; id += 1) {
    const call = makeCall(id);
    calls.add(call);
    const oldest = ring.replace(id, call);
    if (oldest !== null) calls.delete(oldest);
  }
}

/** Lets what is there become old: it survives a few scavenges, as in any quiet moment of a server. */
function age() {
  for (let id = 0; id < 100_000; id += 1) makeCall(id);
}

class LinkedCalls {
  #first = null;

  add(call) {
    call.next = this.#first;
    if (this.#first !== null) this.#first.previous = call;
    this.#first = call;
  }

  delete(call) {
    if (call.previous === null) this.#first = call.next;
    else call.previous.next = call.next;
    if (call.next !== null) call.next.previous = call.previous;
    call.next = call.previous = null;
  }
}

// B. A function literal that is assigned to a property.

function assign() {
  const ring = new Ring();
  for (let id = 0; id < OBJECTS; id += 1) {
    const call = makeCall(id);
    call.send = () => call;
    ring.replace(id, call);
  }
}

function assignConst() {
  const ring = new Ring();
  for (let id = 0; id < OBJECTS; id += 1) {
    const call = makeCall(id);
    const send = () => call;
    call.send = send;
    ring.replace(id, call);
  }
}

// C. Requests of http2. A session also has its streams in a Map, which is A.

async function request(session) {
  let started = 0;
  let ended = 0;
  await new Promise((resolve, reject) => {
    const next = () => {
      if (started === CALLS) return;
      started += 1;
      const stream = session.request({ ':path': '/' });
      stream.on('error', reject);
      stream.on('close', () => {
        ended += 1;
        if (ended === CALLS) resolve();
        else next();
      });
      stream.resume();
    };
    for (let slot = 0; slot < IN_FLIGHT; slot += 1) next();
  });
}

/** The part of a Map that a session uses, on a plain object. */
class PlainTable {
  #streams = Object.create(null);
  size = 0;

  get(id) {
    return this.#streams[id];
  }

  set(id, stream) {
    this.size += 1;
    this.#streams[id] = stream;
  }

  delete(id) {
    this.size -= 1;
    delete this.#streams[id];
  }

  forEach(callback) {
    for (const [id, stream] of Object.entries(this.#streams)) callback(stream, Number(id));
  }
}

function withoutMap(session) {
  const state = Object.getOwnPropertySymbols(session).find((one) => one.description === 'state');
  session[state].streams = new PlainTable();
}

/** The same without the accessors `length` and `asyncResource` of the bound function. */
function bindWithoutAccessors(callback) {
  return (...args) => this.runInAsyncScope(callback, undefined, ...args);
}

/** A server in a process of its own, so that only the client is measured. */
async function requester(prepare) {
  const session = connect(`http://127.0.0.1:${process.argv[3]}`);
  await once(session, 'connect');
  prepare(session);
  return { run: () => request(session), count: CALLS, close: () => session.destroy() };
}

const ofObjects = (run) => () => ({ run, count: OBJECTS, close: () => undefined });

const VARIANTS = {
  'A a Set': () => {
    const calls = new Set();
    age();
    return ofObjects(() => churn(calls))();
  },
  'A links': () => {
    const calls = new LinkedCalls();
    age();
    return ofObjects(() => churn(calls))();
  },
  'B assigned': ofObjects(assign),
  'B through a const': ofObjects(assignConst),
  'A+C as it is': () => requester(() => undefined),
  'A+C no bind': () =>
    requester(() => {
      AsyncResource.prototype.bind = bindWithoutAccessors;
    }),
  'A+C no Map': () => requester(withoutMap),
  'A+C neither': () =>
    requester((session) => {
      AsyncResource.prototype.bind = bindWithoutAccessors;
      withoutMap(session);
    }),
};

/** Measures one variant, in a process of its own: the rounds after the first, and their scavenges. */
async function measure(name) {
  const scavengesMs = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) scavengesMs.push(duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const { run, count, close } = await VARIANTS[name]();
  await run();
  scavengesMs.length = 0;
  const nanos = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { user, system } = process.cpuUsage();
    await run();
    const used = process.cpuUsage();
    nanos.push(((used.user + used.system - user - system) * 1000) / count);
    // The observer is called a turn later.
    await turn();
  }
  close();
  return { nanos: medianOf(nanos), scavengeMs: medianOf(scavengesMs) };
}

function medianOf(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Measures a variant in a process of its own: what one has promoted would slow the next one down. */
async function measureApart(name, port) {
  const script = fileURLToPath(import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, [script, name, String(port)]);
  return JSON.parse(stdout);
}

async function compareAll() {
  const server = createServer((_, response) => response.end('done')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.log(`Node ${process.versions.node}, V8 ${process.versions.v8}`);
  console.log('CPU time of an object (A, B) or of a request (A+C), and of a scavenge\n');
  let slowest;
  let topic;
  for (const name of Object.keys(VARIANTS)) {
    const { nanos, scavengeMs } = await measureApart(name, server.address().port);
    if (name.split(' ')[0] !== topic) slowest = nanos;
    [topic] = name.split(' ');
    const micros = `${(nanos / 1000).toFixed(2)} us`.padStart(10);
    const ratio = `${(slowest / nanos).toFixed(2)}x`.padStart(8);
    console.log(`${name.padEnd(20)}${micros}${ratio}${`${scavengeMs.toFixed(2)} ms`.padStart(12)}`);
  }
  server.close();
  server.closeAllConnections?.();
}

const [name] = process.argv.slice(2);
if (name === undefined) {
  await compareAll();
} else {
  console.log(JSON.stringify(await measure(name)));
  process.exit();
}
