import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../config.js';
import { connect } from '../index.js';
import { temporaryFolder } from '../test-support/temporary-folder.js';
import { startServerProcess } from '../test-support/program.js';
import { startSdk } from './sdk.js';

const ARGUMENTS = ['--store', ':memory:', '--demo'];

/** A collector: the bodies that were sent to it. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      bodies.push(`${request.url ?? ''} ${body}`);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    bodies,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += (chunk as Buffer).toString('latin1');
  return body;
}

it.each([
  ['one process', '1'],
  ['several processes', '2'],
])('serve in %s sends its spans to the collector of the variables', async (_, processes) => {
  using folder = temporaryFolder();
  using collector = await startCollector();
  const options = ['--store', folder.file('people.db'), '--demo', '--processes', processes];
  await using program = await startServerProcess(options, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });
  const directory = connect(program.address);
  await directory.people.getPhone({ id: 1 });
  directory.close();
  expect(await program.kill('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
  const sent = collector.bodies.join('\n');
  for (const text of ['/v1/traces', 'personguide.PersonGuide/GetPhone', 'store findPeople']) {
    expect(sent).toContain(text);
  }
  expect(sent).toMatch(/service\.name.{1,8}personguide/s);
  expect(sent).toContain('deployment.environment.name');
  // The arguments of the program may have a password.
  expect(sent).not.toContain('--store');
});

it('serve does not trace if the variables turn it off', () => {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  expect(readConfig({}, environment).traces).toEqual({
    ...{ variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', serviceName: 'personguide' },
  });
  expect(readConfig({}, { ...environment, OTEL_SERVICE_NAME: 'people' }).traces).toEqual({
    ...{ variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', serviceName: undefined },
  });
  expect(readConfig({}, { ...environment, OTEL_SDK_DISABLED: 'true' }).traces).toBeUndefined();
  expect(readConfig({}, { ...environment, OTEL_TRACES_EXPORTER: 'none' }).traces).toBeUndefined();
  expect(readConfig({}, {}).traces).toBeUndefined();
});

it('a collector that cannot be reached leaves warnings, and does not keep serve from stopping', async () => {
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  await using program = await startServerProcess(ARGUMENTS, variables);
  const directory = connect(program.address);
  await directory.people.getPhone({ id: 1 });
  directory.close();
  const { code, stdout } = await program.kill('SIGTERM');
  expect(code).toBe(0);
  expect(stdout).toContain('"msg":"traces"');
});

it('says in one line what to install, if the SDK is not there', async () => {
  const lines: string[] = [];
  const settings = { variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', serviceName: undefined };
  const stop = startSdk(
    settings,
    (_, text) => lines.push(text),
    () => {
      throw new Error('Cannot find module');
    },
  );
  await stop();
  expect(lines).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT asks for traces; for these, run npm install @opentelemetry/sdk-node',
  ]);
});
