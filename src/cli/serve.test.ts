import { banner } from './serve.js';

const settings = { store: 'people.db', demo: true, tls: undefined };

it('prints commands to try', () => {
  const text = banner({ addresses: ['127.0.0.1:50051', '127.0.0.1:8080'] }, settings);
  expect(text).toContain('listens on 127.0.0.1:50051 and 127.0.0.1:8080 ');
  expect(text).toContain('npx personguide phone 1 --address 127.0.0.1:50051\n');
  expect(text).toContain(`--http2-prior-knowledge -d '{"id": 1}' http://127.0.0.1:50051/`);
});

it('prints commands for a server with TLS that listens on all addresses', () => {
  const text = banner(
    { addresses: ['0.0.0.0:443'] },
    {
      ...settings,
      tls: { cert: 'cert.pem', key: 'key.pem' },
    },
  );
  expect(text).toContain('npx personguide phone 1 --address localhost:443 --tls-ca cert.pem\n');
  expect(text).toContain(`--cacert cert.pem -d '{"id": 1}' https://localhost:443/`);
});

it('does not print the password of a store', () => {
  const store = 'postgres://ann:s3cret@db/people';
  const text = banner({ addresses: ['127.0.0.1:50051'] }, { ...settings, store });
  expect(text).toContain('people and users in postgres://ann:***@db/people.');
  expect(text).not.toContain('s3cret');
});
