import { createServer, type Server } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { temporaryFolder, type Folder } from '../test-support/temporary-folder.js';
import { Assets } from './assets.js';
import { http1 } from './web.test.support.js';

const HTML = '<!doctype html><title>Page</title>';

let folder: Folder;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = temporaryFolder();
  writeFileSync(folder.file('secret.html'), 'outside');
  mkdirSync(folder.file('page'));
  writeFileSync(folder.file('page/index.html'), HTML);
  writeFileSync(folder.file('page/page.js'), 'go();'.repeat(100));
  writeFileSync(folder.file('page/page.js.map'), '{}');
  const assets = new Assets(folder.file('page'));
  server = createServer((request, response) => {
    void assets.serve(request.url ?? '', request, response).then((served) => {
      if (!served) response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  folder[Symbol.dispose]();
});

it('serves index.html at the root, with headers that keep other code out of the page', async () => {
  const response = await fetch(`${url}/`);
  expect(await response.text()).toBe(HTML);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy');
  for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(part);
  }
  expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
  expect(policy).not.toContain('unsafe');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

it.each([
  ['gzip, br', 'br'],
  ['gzip;q=0.5', 'gzip'],
])('compresses for a client that accepts %s', async (accepted, encoding) => {
  // fetch() decompresses the body.
  const response = await fetch(`${url}/page.js`, { headers: { 'accept-encoding': accepted } });
  expect(response.headers.get('content-encoding')).toBe(encoding);
  expect(Number(response.headers.get('content-length'))).toBeLessThan(100);
  expect(await response.text()).toBe('go();'.repeat(100));
});

it('has an ETag, by which a browser learns that nothing has changed', async () => {
  const first = await fetch(`${url}/page.js`);
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]{22}"$/);
  const again = await fetch(`${url}/page.js`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
  const other = await fetch(`${url}/`);
  expect(other.headers.get('etag')).not.toBe(etag);
});

it('responds to HEAD without a body', async () => {
  const response = await fetch(`${url}/`, {
    method: 'HEAD',
    headers: { 'accept-encoding': 'identity' },
  });
  expect(response.headers.get('content-length')).toBe(HTML.length.toString());
  expect(await response.text()).toBe('');
});

it.each([
  ['/../secret.html'],
  ['/%2e%2e/secret.html'],
  ['/..%2fsecret.html'],
  ['//secret.html'],
  ['/page.js.map'],
  ['/page.js/'],
  ['/toString'],
])('does not serve %s', async (path) => {
  const { host } = new URL(url);
  expect((await http1(host, 'GET', path)).status).toBe(404);
});
